// Reads the live machine: its namespaces, their mounts and the processes that hold them.
