package dev.bellows.images;

import java.io.IOException;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Map;
import java.util.OptionalLong;

/**
 * The program of {@code dev.local/autoscale}: a request costs what its parameters say, and the
 * answer names the pod that bore it.
 *
 * <ul>
 *   <li>{@code sleep}: milliseconds to wait
 *   <li>{@code prime}: finds the largest prime up to this number
 *   <li>{@code bloat}: megabytes to fill while the request lasts
 * </ul>
 */
public final class Autoscale {
  private static final long MAX_SLEEP_MILLIS = 600_000;
  private static final long MAX_PRIME = 100_000_000;
  private static final long MAX_BLOAT_MEGABYTES = 1_000;
  private static final int MEGABYTE = 1 << 20;

  private Autoscale() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    Map<String, String> environment = System.getenv();
    String pod = environment.getOrDefault("HOSTNAME", "unknown");
    Program.run(arguments, environment, request -> answer(request, pod));
  }

  static String answer(Request request, String pod) throws InterruptedException {
    StringBuilder text = new StringBuilder();
    OptionalLong bloat = limited(request, "bloat", MAX_BLOAT_MEGABYTES);
    byte[][] held = new byte[(int) bloat.orElse(0)][];
    for (int i = 0; i < held.length; i++) {
      held[i] = new byte[MEGABYTE];
      Arrays.fill(held[i], (byte) 1); // touched, or the memory is only promised
    }
    OptionalLong prime = limited(request, "prime", MAX_PRIME);
    if (prime.isPresent()) {
      text.append("The largest prime up to ").append(prime.getAsLong()).append(" is ");
      text.append(largestPrime((int) prime.getAsLong())).append(".\n");
    }
    OptionalLong sleep = limited(request, "sleep", MAX_SLEEP_MILLIS);
    if (sleep.isPresent()) {
      Thread.sleep(sleep.getAsLong());
      text.append("Slept for ").append(sleep.getAsLong()).append(" milliseconds.\n");
    }
    if (bloat.isPresent()) {
      text.append("Held ").append(held.length).append(" megabytes.\n");
    }
    return text.append("Answered by ").append(pod).append(".\n").toString();
  }

  private static OptionalLong limited(Request request, String name, long limit) {
    OptionalLong number = request.number(name);
    if (number.isPresent() && number.getAsLong() > limit) {
      throw new Request.BadRequest(name + " must be at most " + limit);
    }
    return number;
  }

  /** By the sieve of Eratosthenes; 0 below the first prime. */
  static int largestPrime(int limit) {
    BitSet composite = new BitSet(limit + 1);
    int largest = 0;
    for (int candidate = 2; candidate <= limit; candidate++) {
      if (!composite.get(candidate)) {
        largest = candidate;
        for (long multiple = (long) candidate * candidate;
            multiple <= limit;
            multiple += candidate) {
          composite.set((int) multiple);
        }
      }
    }
    return largest;
  }
}
