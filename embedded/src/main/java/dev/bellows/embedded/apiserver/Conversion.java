package dev.bellows.embedded.apiserver;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** How objects of a kind look in a version other than the one in which they are stored. */
interface Conversion {
  /** Of kinds whose versions differ in nothing but their names. */
  Conversion NONE =
      new Conversion() {
        @Override
        public ObjectNode toStored(ObjectNode object) {
          return object;
        }

        @Override
        public ObjectNode fromStored(ObjectNode object) {
          return object;
        }
      };

  /** The object as it is stored; may change and return the one given. */
  ObjectNode toStored(ObjectNode object);

  /** A stored object in the other version; may change and return the one given. */
  ObjectNode fromStored(ObjectNode object);
}
