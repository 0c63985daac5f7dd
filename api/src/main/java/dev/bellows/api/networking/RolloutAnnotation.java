package dev.bellows.api.networking;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.bellows.api.Absent;
import dev.bellows.core.rollout.ConfigurationRollout;
import dev.bellows.core.rollout.RevisionShare;
import dev.bellows.core.rollout.Rollout;
import dev.bellows.core.rollout.StepParams;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The state of a rollout as a KIngress carries it from one reconcile to the next: JSON in the
 * annotation {@link #KEY}.
 */
public final class RolloutAnnotation {
  /** The annotation. */
  public static final String KEY = "networking.internal.knative.dev/rollout";

  private static final ObjectMapper JSON = new ObjectMapper();

  private RolloutAnnotation() {}

  /** The annotation's text for a state. */
  public static String write(Rollout rollout) {
    try {
      return JSON.writeValueAsString(Written.of(rollout));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a rollout that is no JSON: " + rollout, e);
    }
  }

  /** The state; empty if the text cannot be read or cannot be true. */
  public static Optional<Rollout> read(String text) {
    try {
      return Optional.ofNullable(JSON.readValue(text, Written.class))
          .map(Written::rollout)
          .filter(Rollout::isSound);
    } catch (JsonProcessingException unreadable) {
      return Optional.empty();
    }
  }

  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @JsonIgnoreProperties(ignoreUnknown = true)
  private record Written(@Nullable List<Configuration> configurations) {
    static Written of(Rollout rollout) {
      return new Written(rollout.configurations().stream().map(Configuration::of).toList());
    }

    Rollout rollout() {
      return new Rollout(
          Absent.list(configurations).stream().map(Configuration::configuration).toList());
    }
  }

  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  @JsonIgnoreProperties(ignoreUnknown = true)
  private record Configuration(
      @Nullable String configurationName,
      @Nullable String tag,
      int percent,
      @Nullable List<Share> revisions,
      @Nullable Steps stepParams) {
    static Configuration of(ConfigurationRollout rollout) {
      return new Configuration(
          rollout.configurationName(),
          rollout.tag(),
          rollout.percent(),
          rollout.revisions().stream()
              .map(each -> new Share(each.revisionName(), each.percent()))
              .toList(),
          Steps.of(rollout.stepParams()));
    }

    ConfigurationRollout configuration() {
      return new ConfigurationRollout(
          Objects.requireNonNullElse(configurationName, ""),
          Objects.requireNonNullElse(tag, ""),
          percent,
          Absent.list(revisions).stream()
              .map(each ->
                  new RevisionShare(
                      Objects.requireNonNullElse(each.revisionName(), ""), each.percent()))
              .toList(),
          stepParams == null ? StepParams.NONE : stepParams.params());
    }
  }

  @JsonIgnoreProperties(ignoreUnknown = true)
  private record Share(@Nullable String revisionName, int percent) {}

  @JsonInclude(JsonInclude.Include.NON_DEFAULT)
  @JsonIgnoreProperties(ignoreUnknown = true)
  private record Steps(long starttime, long nextStepTime, long stepDuration, int stepSize) {
    static Steps of(StepParams params) {
      return new Steps(
          params.startTimeNanos(),
          params.nextStepTimeNanos(),
          params.stepDurationNanos(),
          params.stepSize());
    }

    StepParams params() {
      return new StepParams(starttime, nextStepTime, stepDuration, stepSize);
    }
  }
}
