package dev.bellows.controlplane.watch;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.BeanDescription;
import com.fasterxml.jackson.databind.DeserializationConfig;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.deser.BeanDeserializerModifier;
import com.fasterxml.jackson.databind.deser.std.DelegatingDeserializer;
import com.fasterxml.jackson.databind.deser.std.StdScalarDeserializer;
import com.fasterxml.jackson.databind.deser.std.StringDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.io.Serial;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.Map;

/**
 * Reads objects so that thousands of them, held in views, take little memory. What an object says
 * has mostly been said by another one (labels, owners, the template), so that equal texts are one;
 * and the map that fabric8 gives every part of an object, for fields that it does not know, is
 * there only where there are such.
 */
final class SmallObjects extends KubernetesSerialization {
  /** Equal maps are equal here as well: what was read compares with what was made. */
  private static final Map<String, Object> NONE = Map.of();

  SmallObjects() {
    super(new ObjectMapper(), true);
  }

  @Override
  protected void configureMapper(ObjectMapper mapper) {
    super.configureMapper(mapper);
    mapper.registerModule(
        new SimpleModule("small objects")
            .addDeserializer(String.class, new SharedTexts())
            .setDeserializerModifier(new WithoutEmptyMaps()));
  }

  /** Gives the same text for equal ones that come soon after each other. */
  private static final class SharedTexts extends StdScalarDeserializer<String> {
    @Serial private static final long serialVersionUID = 1L;

    /** Texts that are remembered; a newer one takes the place of an older. A power of two. */
    private static final int REMEMBERED = 1 << 14;

    /** Longer ones are seldom equal, and would be held for long. */
    private static final int LONGEST = 256;

    /** Written without a lock: who misses a text that another thread has put has one of his own. */
    private final transient String[] remembered = new String[REMEMBERED];

    SharedTexts() {
      super(String.class);
    }

    @Override
    public String deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      String text = StringDeserializer.instance.deserialize(parser, context);
      if (text == null || text.length() > LONGEST) {
        return text;
      }
      int hash = text.hashCode();
      int place = (hash ^ hash >>> 16) & (REMEMBERED - 1);
      String known = remembered[place];
      if (text.equals(known)) {
        return known;
      }
      remembered[place] = text;
      return text;
    }
  }

  /** Of the classes that have such a map. */
  private static final class WithoutEmptyMaps extends BeanDeserializerModifier {
    @Serial private static final long serialVersionUID = 1L;

    @Override
    public JsonDeserializer<?> modifyDeserializer(
        DeserializationConfig config, BeanDescription described, JsonDeserializer<?> usual) {
      Class<?> type = described.getBeanClass();
      try {
        MethodHandles.Lookup lookup = MethodHandles.publicLookup();
        return new WithoutEmptyMap(
            usual,
            lookup.findVirtual(type, "getAdditionalProperties", MethodType.methodType(Map.class)),
            lookup.findVirtual(
                type, "setAdditionalProperties", MethodType.methodType(void.class, Map.class)));
      } catch (NoSuchMethodException | IllegalAccessException e) {
        return usual;
      }
    }
  }

  private static final class WithoutEmptyMap extends DelegatingDeserializer {
    @Serial private static final long serialVersionUID = 1L;

    private final transient MethodHandle get;
    private final transient MethodHandle set;

    WithoutEmptyMap(JsonDeserializer<?> usual, MethodHandle get, MethodHandle set) {
      super(usual);
      this.get = get;
      this.set = set;
    }

    @Override
    protected JsonDeserializer<?> newDelegatingInstance(JsonDeserializer<?> other) {
      return new WithoutEmptyMap(other, get, set);
    }

    @Override
    public Object deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      Object read = super.deserialize(parser, context);
      try {
        Map<?, ?> unknown = (Map<?, ?>) get.invoke(read);
        if (unknown != null && unknown.isEmpty()) {
          set.invoke(read, NONE);
        }
      } catch (Throwable e) {
        throw new IllegalStateException("a getter and a setter of " + read.getClass(), e);
      }
      return read;
    }
  }
}
