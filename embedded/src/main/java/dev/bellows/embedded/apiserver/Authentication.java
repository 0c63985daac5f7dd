package dev.bellows.embedded.apiserver;

import java.util.Optional;

/** Says whose a bearer token is. */
final class Authentication {
  private static final String SCHEME = "Bearer ";

  private final Tokens tokens;
  private final ServiceAccountTokens accounts;

  Authentication(Tokens tokens, ServiceAccountTokens accounts) {
    this.tokens = tokens;
    this.accounts = accounts;
  }

  /** Whom an Authorization header proves; empty if nobody. */
  Optional<User> bearer(String authorization) {
    return authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())
        ? holder(authorization.substring(SCHEME.length()).strip())
        : Optional.empty();
  }

  /** Whose token this is; empty if it is none of ours, or no longer good. */
  Optional<User> holder(String token) {
    return tokens.user(token).or(() -> accounts.user(token));
  }
}
