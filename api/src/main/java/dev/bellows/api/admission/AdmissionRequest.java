package dev.bellows.api.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.bellows.api.config.SystemConfig;
import org.jspecify.annotations.Nullable;

/**
 * An object that is about to be stored.
 *
 * @param operation what is to be done
 * @param group API group of the object, empty for Kubernetes' core
 * @param kind kind of the object
 * @param oldObject the stored object; absent on creation
 * @param object the object as sent; on deletion the one to be deleted
 * @param user name of the caller; empty if nobody in particular
 * @param config the settings in force
 */
public record AdmissionRequest(
    Operation operation,
    String group,
    String kind,
    @Nullable ObjectNode oldObject,
    ObjectNode object,
    String user,
    SystemConfig config) {}
