// swift-tools-version: 6.2
// A folder under Sources is a target; CONTRIBUTING.md has one sentence for each. Dependencies run one way, and
// `--explicit-target-dependency-import-check error` (see the Makefile) makes any other import a build error.
import PackageDescription

let house: [SwiftSetting] = [
  .strictMemorySafety(),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .treatAllWarnings(as: .error),
]

let systemPackage: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "berth",
  products: [
    .executable(name: "berth", targets: ["berth"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
  ],
  targets: [
    .target(name: "CLinux"),
    .systemLibrary(name: "CSeccomp"),
    .target(name: "LinuxABI", dependencies: [systemPackage], swiftSettings: house),
    .target(name: "LinuxSyscalls", dependencies: ["CLinux", "LinuxABI", systemPackage], swiftSettings: house),
    .target(name: "MountNamespace", dependencies: ["LinuxABI", systemPackage], swiftSettings: house),
    .target(
      name: "MountExecution",
      dependencies: ["LinuxABI", "LinuxSyscalls", "MountNamespace", systemPackage],
      swiftSettings: house
    ),
    .target(
      name: "NamespaceJoining",
      dependencies: ["LinuxABI", "LinuxSyscalls", systemPackage],
      swiftSettings: house
    ),
    .target(name: "FileCache", dependencies: ["LinuxABI", "LinuxSyscalls", systemPackage], swiftSettings: house),
    .target(name: "KernelRecords", dependencies: ["LinuxABI"], swiftSettings: house),
    .target(name: "JSON", swiftSettings: house),
    .target(name: "OCISpec", dependencies: ["JSON"], swiftSettings: house),
    .target(name: "Seccomp", dependencies: ["JSON", "LinuxABI", "OCISpec"], swiftSettings: house),
    .target(
      name: "SeccompCompilation",
      dependencies: ["CSeccomp", "FileCache", "JSON", "LinuxABI", "LinuxSyscalls", "Seccomp", systemPackage],
      swiftSettings: house
    ),
    .target(name: "Cgroups", dependencies: ["JSON", "LinuxABI", "OCISpec"], swiftSettings: house),
    .target(
      name: "CgroupExecution",
      dependencies: ["Cgroups", "JSON", "LinuxABI", "LinuxSyscalls", "OCISpec", systemPackage],
      swiftSettings: house
    ),
    .target(name: "Systemd", dependencies: ["Cgroups", "LinuxABI"], swiftSettings: house),
    .target(
      name: "SystemdExecution",
      dependencies: ["LinuxSyscalls", "Systemd", systemPackage],
      swiftSettings: house
    ),
    .target(name: "Criu", swiftSettings: house),
    .target(
      name: "ContainerPlan",
      dependencies: ["Cgroups", "JSON", "LinuxABI", "MountNamespace", "OCISpec", "Seccomp", "Systemd", systemPackage],
      swiftSettings: house
    ),
    .target(
      name: "ShellSpec",
      dependencies: ["ContainerPlan", "LinuxABI", "MountNamespace", "OCISpec"],
      swiftSettings: house
    ),
    .target(
      name: "ContainerRuntime",
      dependencies: [
        "CgroupExecution", "Cgroups", "ContainerPlan", "Criu", "JSON", "LinuxABI", "LinuxSyscalls", "MountExecution",
        "MountNamespace", "NamespaceJoining", "OCISpec", "Seccomp", "SeccompCompilation", "Systemd",
        "SystemdExecution", systemPackage,
      ],
      swiftSettings: house
    ),
    .target(
      name: "Instruments",
      dependencies: ["JSON", "LinuxABI", "MountNamespace", systemPackage],
      swiftSettings: house
    ),
    .target(
      name: "MachineReading",
      dependencies: [
        "FileCache", "Instruments", "JSON", "KernelRecords", "LinuxABI", "LinuxSyscalls", "MountExecution",
        "MountNamespace", "NamespaceJoining", systemPackage,
      ],
      swiftSettings: house
    ),
    .target(name: "RuntimeCommandLine", dependencies: ["JSON", "LinuxABI", "OCISpec"], swiftSettings: house),
    .executableTarget(
      name: "berth",
      dependencies: [
        "ContainerPlan", "ContainerRuntime", "Criu", "Instruments", "JSON", "LinuxABI", "LinuxSyscalls",
        "MachineReading", "MountExecution", "MountNamespace", "NamespaceJoining", "OCISpec", "RuntimeCommandLine",
        "Seccomp", "ShellSpec", argumentParser,
        systemPackage,
      ],
      swiftSettings: house
    ),
    // What is pure is tested by values: no privilege, and nothing enters the kernel.
    .testTarget(name: "LinuxABITests", dependencies: ["LinuxABI"], swiftSettings: house),
    .testTarget(
      name: "MountNamespaceTests",
      dependencies: ["LinuxABI", "MountNamespace", systemPackage],
      swiftSettings: house
    ),
    .testTarget(name: "KernelRecordsTests", dependencies: ["KernelRecords", "LinuxABI"], swiftSettings: house),
    .testTarget(name: "JSONTests", dependencies: ["JSON"], swiftSettings: house),
    .testTarget(name: "OCISpecTests", dependencies: ["JSON", "OCISpec"], swiftSettings: house),
    .testTarget(
      name: "SeccompTests",
      dependencies: ["JSON", "LinuxABI", "OCISpec", "Seccomp", "SeccompCompilation"],
      swiftSettings: house
    ),
    .testTarget(
      name: "CgroupsTests",
      dependencies: ["Cgroups", "JSON", "LinuxABI", "OCISpec"],
      swiftSettings: house
    ),
    .testTarget(
      name: "SystemdTests",
      dependencies: ["Cgroups", "JSON", "OCISpec", "Systemd"],
      swiftSettings: house
    ),
    .testTarget(name: "CriuTests", dependencies: ["Criu"], swiftSettings: house),
    .testTarget(
      name: "ContainerPlanTests",
      dependencies: ["ContainerPlan", "LinuxABI", "MountNamespace", "OCISpec", "Seccomp"],
      swiftSettings: house
    ),
    .testTarget(
      name: "ShellSpecTests",
      dependencies: ["ContainerPlan", "LinuxABI", "OCISpec", "ShellSpec"],
      swiftSettings: house
    ),
    .testTarget(
      name: "RuntimeCommandLineTests",
      dependencies: ["LinuxABI", "OCISpec", "RuntimeCommandLine"],
      swiftSettings: house
    ),
    .testTarget(
      name: "InstrumentsTests",
      dependencies: ["Instruments", "JSON", "LinuxABI", "MountNamespace", systemPackage],
      swiftSettings: house
    ),
    .testTarget(
      name: "KernelTests",
      dependencies: [
        "CLinux", "CgroupExecution", "Cgroups", "Instruments", "JSON", "KernelRecords", "LinuxABI", "LinuxSyscalls",
        "MachineReading", "MountExecution", "MountNamespace", "OCISpec", "Seccomp", "SeccompCompilation", systemPackage,
      ],
      swiftSettings: house
    ),
    .testTarget(name: "CommandLineTests", dependencies: ["TestSupport"], swiftSettings: house),
    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: house),
    // Real clients, with the built binary as their runtime.
    .testTarget(
      name: "ClientTests",
      dependencies: ["TestSupport"],
      exclude: ["cri", "functions", "lab"],
      swiftSettings: house
    ),
    // Another kernel, other cgroups: the built binary in a virtual machine.
    .testTarget(
      name: "VirtualMachineTests",
      dependencies: ["TestSupport"],
      exclude: ["machine"],
      swiftSettings: house
    ),
    // What reads the words of others, given any bytes: by the tests a little, by `make fuzz` for long.
    .target(name: "FuzzEntry", path: "Tests/Fuzz/Entry"),
    .target(
      name: "FuzzTargets",
      dependencies: [
        "Cgroups", "ContainerPlan", "ContainerRuntime", "Criu", "Instruments", "JSON", "KernelRecords", "LinuxABI",
        "MachineReading", "MountNamespace", "OCISpec", "RuntimeCommandLine", "Seccomp", "ShellSpec", "Systemd",
        "SystemdExecution",
      ],
      path: "Tests/Fuzz/Targets",
      swiftSettings: house
    ),
    .testTarget(name: "FuzzTests", dependencies: ["FuzzEntry", "FuzzTargets"], swiftSettings: house),
  ]
)

// libFuzzer's own main stands in this program, so that it can be built with --sanitize fuzzer alone.
if Context.environment["BERTH_FUZZ"] != nil {
  package.targets.append(
    .executableTarget(name: "BerthFuzz", dependencies: ["FuzzEntry", "FuzzTargets"], path: "Tests/Fuzz/Driver")
  )
}
