package dev.bellows.embedded.apiserver;

import dev.bellows.embedded.store.DataFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Base64;

/** The file that kubectl is pointed at. */
final class KubeConfig {
  private KubeConfig() {}

  /** Writes the file whole or not at all, readable by its owner only. */
  static void write(Path file, String url, String authorityPem, String user, String token)
      throws IOException {
    String authority =
        Base64.getEncoder().encodeToString(authorityPem.getBytes(StandardCharsets.US_ASCII));
    String content =
        """
        apiVersion: v1
        kind: Config
        clusters:
        - name: bellows
          cluster:
            server: %s
            certificate-authority-data: %s
        users:
        - name: %s
          user:
            token: %s
        contexts:
        - name: bellows
          context:
            cluster: bellows
            user: %s
            namespace: default
        current-context: bellows
        """
            .formatted(url, authority, user, token, user);
    Path draft = file.resolveSibling(file.getFileName() + ".new");
    Files.deleteIfExists(draft);
    Files.createFile(draft);
    DataFiles.ownerOnly(draft);
    Files.writeString(draft, content);
    Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
