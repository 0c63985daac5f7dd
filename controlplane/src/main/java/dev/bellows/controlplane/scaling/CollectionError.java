package dev.bellows.controlplane.scaling;

import dev.bellows.controlplane.scrape.ScrapeFailedException;

/**
 * Why a Revision's statistics do not come in, as its Metric's status says it (autoscaling spec §6).
 *
 * @param reason which condition reason it makes
 * @param message what happened
 */
public record CollectionError(Reason reason, String message) {

  /** The reasons of condition Ready. */
  public enum Reason {
    /** It is not known which pods there are; Ready is Unknown. */
    NO_ENDPOINTS("NoEndpoints"),
    /** Too few different pods answered; Ready is False. */
    DID_NOT_RECEIVE_STAT("DidNotReceiveStat"),
    /** Anything else; Ready is False. */
    COLLECTION_FAILED("CollectionFailed");

    private final String text;

    Reason(String text) {
      this.text = text;
    }

    /** As the condition spells it. */
    @Override
    public String toString() {
      return text;
    }
  }

  static CollectionError of(ScrapeFailedException failure) {
    Reason reason =
        switch (failure.kind()) {
          case NO_ENDPOINTS -> Reason.NO_ENDPOINTS;
          case NO_UNSEEN_POD -> Reason.DID_NOT_RECEIVE_STAT;
          case MESH_LIKE, OTHER -> Reason.COLLECTION_FAILED;
        };
    return new CollectionError(reason, String.valueOf(failure.getMessage()));
  }
}
