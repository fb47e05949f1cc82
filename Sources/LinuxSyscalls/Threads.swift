import CLinux

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
