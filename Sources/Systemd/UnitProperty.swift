/// A property of a unit, as systemd's `StartTransientUnit` takes it: org.freedesktop.systemd1(5).
package struct UnitProperty: Hashable, Sendable {
  package var name: String
  package var value: DBusValue

  package init(_ name: String, _ value: DBusValue) {
    self.name = name
    self.value = value
  }

  /// The property in a message.
  package var argument: DBusValue { .structure([.string(name), .variant(value)]) }
}

extension [UnitProperty] {
  /// The properties as the argument of a call.
  package var argument: DBusValue { .array(of: "(sv)", map(\.argument)) }
}
