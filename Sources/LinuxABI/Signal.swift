/// The signals that berth treats apart, by their numbers in signal(7).
package enum Signal {
  package static var hangUp: Int32 { 1 }
  package static var interrupt: Int32 { 2 }
  package static var kill: Int32 { 9 }
  package static var terminate: Int32 { 15 }
  package static var child: Int32 { 17 }
  package static var `continue`: Int32 { 18 }
  package static var stop: Int32 { 19 }
  package static var terminalStop: Int32 { 20 }
  package static var terminalInput: Int32 { 21 }
  package static var terminalOutput: Int32 { 22 }
  package static var urgent: Int32 { 23 }
  package static var windowChange: Int32 { 28 }
}

/// A set of signals as the kernel keeps it: bit n-1 for signal n.
package struct SignalSet: Hashable, Sendable {
  package var rawValue: UInt64

  package init(rawValue: UInt64) { self.rawValue = rawValue }
  package init(_ signals: [Int32]) { rawValue = signals.reduce(0) { $0 | Self.bit($1) } }

  /// All signals: what cannot be blocked is ignored by the kernel.
  package static var all: Self { Self(rawValue: .max) }

  package func contains(_ signal: Int32) -> Bool { rawValue & Self.bit(signal) != 0 }

  package func subtracting(_ other: Self) -> Self { Self(rawValue: rawValue & ~other.rawValue) }

  private static func bit(_ signal: Int32) -> UInt64 { 1 << UInt64(signal - 1) }
}

/// What the kernel does with a signal that a process neither catches nor ignores, signal(7).
package enum DefaultAction: Hashable, Sendable {
  case terminate, stop, nothing

  package init(of signal: Int32) {
    switch signal {
    case Signal.child, Signal.continue, Signal.urgent, Signal.windowChange: self = .nothing
    case Signal.stop, Signal.terminalStop, Signal.terminalInput, Signal.terminalOutput: self = .stop
    default: self = .terminate
    }
  }
}
