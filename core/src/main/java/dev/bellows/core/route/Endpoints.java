package dev.bellows.core.route;

import java.util.List;

/**
 * The addresses behind one named port of a Service, as its Endpoints object tells them.
 *
 * @param ready may receive requests; sorted as text, without repeats
 * @param notReady exist but are not ready; sorted as text, without repeats
 */
public record Endpoints(List<Address> ready, List<Address> notReady) {
  /** Nothing is behind the Service. */
  public static final Endpoints NONE = new Endpoints(List.of(), List.of());

  public Endpoints {
    ready = ready.stream().sorted().distinct().toList();
    notReady = notReady.stream().sorted().distinct().toList();
  }
}
