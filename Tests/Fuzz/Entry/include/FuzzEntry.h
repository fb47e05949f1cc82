#pragma once

/// The most memory that this process had at one time, in KiB: getrusage(2).
long fuzz_peak_memory(void);

/// Ends this process by SIGALRM after some seconds, unless it is called anew: alarm(2).
void fuzz_deadline(unsigned int seconds);

/// Has the handlers of signals run on a stack of their own, so that one can tell that the stack ran over: sigaltstack(2).
void fuzz_signal_stack(void);
