package dev.bellows.images;

import java.io.IOException;
import java.util.Map;

/** The program of {@code dev.local/helloworld}: greets {@code TARGET}, or the world. */
public final class HelloWorld {
  private HelloWorld() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    Map<String, String> environment = System.getenv();
    String greeting = "Hello " + environment.getOrDefault("TARGET", "World") + "!\n";
    Program.run(arguments, environment, request -> greeting);
  }
}
