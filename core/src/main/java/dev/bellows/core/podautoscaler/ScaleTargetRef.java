package dev.bellows.core.podautoscaler;

/**
 * What is scaled: an object with a {@code scale} subresource in the PodAutoscaler's namespace.
 *
 * @param apiVersion such as {@code apps/v1}
 * @param kind such as {@code Deployment}
 * @param name the object's name
 */
public record ScaleTargetRef(String apiVersion, String kind, String name) {}
