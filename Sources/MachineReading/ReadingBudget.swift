import Synchronization

/// What may still be read of that which any user can make as long as he likes: several threads take from it.
final class ReadingBudget: Sendable {
  private let rest: Atomic<Int>

  init(bytes: Int) { rest = Atomic(bytes) }

  /// Takes some bytes; false when it is used up.
  func take(_ bytes: Int) -> Bool { rest.subtract(bytes, ordering: .relaxed).newValue >= 0 }
}
