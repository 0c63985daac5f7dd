package dev.bellows.embedded.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A pod's token cannot keep the owner out. */
class PlacesTest {
  private static final User OWNER = User.master("owner");

  private final Places places = new Places(8);
  private final List<Places.Place> taken = new ArrayList<>();

  @Test
  void aQuarterIsForTheOwnerAlone() {
    assertThat(taken(User.NOBODY, 20)).isEqualTo(6);
    assertThat(taken(OWNER, 20)).isEqualTo(2);
  }

  @Test
  void theOwnerMayHaveThemAll() {
    assertThat(taken(OWNER, 20)).isEqualTo(8);
    assertThat(places.take(User.NOBODY)).isEmpty();
  }

  @Test
  void aPlaceThatIsLeftIsThereForTheNextOfTheSameSort() {
    taken(User.NOBODY, 6);
    taken.removeLast().close();
    assertThat(taken(User.NOBODY, 20)).isEqualTo(1);
    taken(OWNER, 2);
    taken.removeLast().close();
    assertThat(places.take(User.NOBODY)).as("the owner's").isEmpty();
    assertThat(places.take(OWNER)).isPresent();
  }

  @Test
  void whoFindsNoneTakesNone() {
    taken(OWNER, 8);
    for (int i = 0; i < 20; i++) {
      assertThat(places.take(User.NOBODY)).isEmpty();
    }
    taken.forEach(Places.Place::close);
    taken.clear();
    assertThat(taken(User.NOBODY, 20)).isEqualTo(6);
  }

  private int taken(User user, int attempts) {
    int before = taken.size();
    for (int i = 0; i < attempts; i++) {
      Optional<Places.Place> place = places.take(user);
      place.ifPresent(taken::add);
    }
    return taken.size() - before;
  }
}
