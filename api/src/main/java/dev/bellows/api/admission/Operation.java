package dev.bellows.api.admission;

/** What is to be done with an object. */
public enum Operation {
  CREATE,
  UPDATE,
  DELETE
}
