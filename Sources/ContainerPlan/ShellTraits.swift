/// What `berth shell` can ask for, and config.json has no field for.
///
/// No file brings it: whoever makes an image can set annotations in a config.json, and these would change the host.
package struct ShellTraits: Hashable, Sendable {
  /// A copy-on-write layer over the root.
  package var overlay: OverlayLayer?
  /// Whether the mounts keep the propagation that they have on the host.
  package var keepsPropagation: Bool = false
  /// Whether a minimal init runs before the process, reaps and forwards signals.
  package var hasInit: Bool = false
  /// Whether the process is an interactive shell, and starts as the foreground job of the terminal on its standard input.
  package var isForegroundJob: Bool = false

  package init() {}
}

/// Where the writes of an overlaid root go.
package enum OverlayLayer: Hashable, Sendable {
  /// To a tmpfs, and they vanish with it.
  case temporary
  /// To a directory of the host, which keeps them.
  case kept(String)
}
