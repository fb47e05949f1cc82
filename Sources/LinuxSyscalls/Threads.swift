import CLinux
import Synchronization

/// The work of several threads, for reading what takes the kernel long. What becomes the runtime has one thread and never calls this.
package enum Threads {
  /// More threads wait for the kernel's locks, and cost their start.
  private static var most: Int { 8 }

  /// What a function makes of each of some items, in their order; the items are dealt to a thread for each processor, when there are as many
  /// as are worth it.
  ///
  /// When it returns, this process has the threads that it had before: setns(2) wants it to have one for a mount or a user namespace.
  package static func map<Item: Sendable, Answer: Sendable>(
    _ items: [Item],
    atLeast least: Int = 2,
    _ body: @Sendable (Item) -> Answer
  ) -> [Answer] {
    let count = min(processorCount, items.count, most)
    guard count > 1, items.count >= least else { return items.map(body) }
    let threads = Syscall.threadCount()
    return withoutActuallyEscaping(body) { body in
      unsafe [Answer](unsafeUninitializedCapacity: items.count) { answers, initialized in
        guard let base = answers.baseAddress else { return }
        func share(_ number: Int) {
          for position in stride(from: number, to: items.count, by: count) {
            unsafe (base + position).initialize(to: body(items[position]))
          }
        }
        var others: [pthread_t] = []
        for number in 1..<count {
          if let thread = start({ share(number) }) { others.append(thread) } else { share(number) }
        }
        share(0)
        for thread in others { pthread_join(thread, nil) }
        // The kernel counts a thread for a moment longer than pthread_join(3) waits. Where it did not tell, there is nothing to wait for.
        while threads > 0, Syscall.threadCount() > threads { linux_sched_yield() }
        initialized = items.count
      }
    }
  }

  /// The positions of the items whose call does not come back: what the kernel has wait for somebody who does not answer. Their threads
  /// are left behind in it, and end with this process.
  package static func unanswered<Item: Sendable>(_ items: [Item], _ call: @escaping @Sendable (Item) -> Void) -> [Int] {
    let threads = Syscall.threadCount()
    let queue = Queue()
    var left: [Round] = []
    while true {
      let round = Round()
      guard let thread = start({ round.go(through: items, queue, call) }) else {
        // What was not tried is not known to answer.
        return left.map(\.place) + queue.rest(of: items.indices)
      }
      while !round.isBack, !round.isSlow { Syscall.sleep(microseconds: 50) }
      if round.isBack {
        pthread_join(thread, nil)
        break
      }
      round.leave()
      left.append(round)
    }
    // On a busy machine most were only slow.
    for _ in 0..<300 where !left.allSatisfy(\.isBack) { Syscall.sleep(microseconds: 1000) }
    let lost = left.filter { !$0.isBack }.map(\.place)
    while lost.isEmpty, threads > 0, Syscall.threadCount() > threads { linux_sched_yield() }
    return lost
  }

  /// The next item for whoever asks first.
  private final class Queue: Sendable {
    private let position = Atomic(0)
    func next() -> Int { position.add(1, ordering: .relaxed).oldValue }
    func rest(of items: Range<Int>) -> [Int] { items.filter { $0 >= position.load(ordering: .relaxed) } }
  }

  /// A thread's way through items: it is left when a call takes long, and ends when that comes back.
  private final class Round: Sendable {
    private let position = Atomic(0)
    private let isLeft = Atomic(false)
    private let hasEnded = Atomic(false)
    /// When the call was begun, CLOCK_MONOTONIC in nanoseconds.
    private let begun = Atomic(Syscall.monotonicNanoseconds)

    func go<Item>(through items: [Item], _ queue: Queue, _ call: (Item) -> Void) {
      while !isLeft.load(ordering: .acquiring) {
        let next = queue.next()
        guard next < items.count else { break }
        position.store(next, ordering: .relaxed)
        begun.store(Syscall.monotonicNanoseconds, ordering: .relaxed)
        call(items[next])
      }
      hasEnded.store(true, ordering: .releasing)
    }

    /// The item that it is at.
    var place: Int { position.load(ordering: .relaxed) }
    /// Whether a call has taken 5 ms by now.
    var isSlow: Bool { Syscall.monotonicNanoseconds - begun.load(ordering: .relaxed) > 5_000_000 }
    var isBack: Bool { hasEnded.load(ordering: .acquiring) }

    /// Has it take no further item.
    func leave() { isLeft.store(true, ordering: .releasing) }
  }

  /// What a thread is to do, in a form that C can carry.
  private final class Task {
    let run: () -> Void
    init(_ run: @escaping () -> Void) { self.run = run }
  }

  /// Starts a thread; nil where the system has no room for one.
  private static func start(_ run: @escaping () -> Void) -> pthread_t? {
    let task = unsafe Unmanaged.passRetained(Task(run))
    var thread = pthread_t()
    let error = unsafe pthread_create(
      &thread,
      nil,
      { argument in
        if let argument = unsafe argument { unsafe Unmanaged<Task>.fromOpaque(argument).takeRetainedValue().run() }
        return nil
      },
      unsafe task.toOpaque()
    )
    guard error == 0 else {
      unsafe task.release()
      return nil
    }
    return thread
  }

  /// How many processors this process may run on. The C function is `sched_getaffinity`.
  private static var processorCount: Int {
    var words = [UInt64](repeating: 0, count: 128)
    let size = unsafe words.withUnsafeMutableBufferPointer { words -> Int in
      guard let base = words.baseAddress else { return 0 }
      return unsafe linux_sched_getaffinity(0, UInt(words.count * 8), base)
    }
    return size < 0 ? 1 : words.reduce(0) { $0 + $1.nonzeroBitCount }
  }
}
