// swift-tools-version: 6.2

import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// A library of Swift code; `dependencies` are modules of this package.
func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// The tests of one library.
func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: [.byName(name: name), "TestSupport"] + dependencies,
        exclude: fixtures[name] ?? [],
        swiftSettings: settings
    )
}

/// Folders of test data below a test target: read by path, never compiled or bundled.
let fixtures: [String: [String]] = [
    "DockerfileFrontend": ["Fixtures"], "Manifest": ["Fixtures"], "Sandbox": ["Fixtures"],
    "Reporting": ["Fixtures"],
]

/// A system library with its Debian package.
func system(_ name: String, pkgConfig: String, apt: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt])])
}

let systemPackage: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")
let log: Target.Dependency = .product(name: "Logging", package: "swift-log")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")

let package = Package(
    name: "build-all",
    products: [
        .executable(name: "build-all", targets: ["BuildAll"]),
        .executable(name: "build-all-executor", targets: ["BuildAllExecutor"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        // C
        system("CYAML", pkgConfig: "yaml-0.1", apt: "libyaml-dev"),
        system("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
        system("CDeflate", pkgConfig: "libdeflate", apt: "libdeflate-dev"),
        system("CLzma", pkgConfig: "liblzma", apt: "liblzma-dev"),
        system("CZstd", pkgConfig: "libzstd", apt: "libzstd-dev"),
        // libbz2 has no pkg-config file.
        .systemLibrary(name: "CBzip2", providers: [.apt(["libbz2-dev"])]),
        system("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
        system("CCrypto", pkgConfig: "libcrypto", apt: "libssl-dev"),
        .target(name: "CLinux"),
        .target(name: "CSandbox", dependencies: ["CLinux"], cSettings: [.define("_GNU_SOURCE")]),

        // level 0
        library("OCI", ["CCrypto"]),
        library("FileSystem", ["CLinux", systemPackage]),
        library("DockerfileFrontend"),
        library("Templates"),
        library("Threads", [systemPackage]),
        library("Sandbox", ["CSandbox", systemPackage]),
        library("HTTP", ["CCurl", log, systemPackage]),
        library("Programs", ["CLinux"]),

        // level 1
        library("Manifest", ["CYAML", "OCI", "Templates", systemPackage]),
        library("Jobs", ["OCI"]),
        library("Storage", ["OCI", "FileSystem", systemPackage]),
        library(
            "Layers",
            ["OCI", "FileSystem", "Storage", "Threads", "CZlib", "CDeflate", "CLzma", "CBzip2", "CZstd", systemPackage]),
        library("Clouds", ["OCI", "HTTP", "Programs", "FileSystem", "CCrypto", log]),

        // level 2
        library("Registry", ["OCI", "HTTP", "Programs", "Clouds", "FileSystem", log, systemPackage]),
        library("Contexts", ["OCI", "HTTP", "Programs", "Clouds", "FileSystem", log, systemPackage]),
        library("Kaniko", ["Manifest", "OCI", systemPackage]),
        library("Planning", ["Manifest", "DockerfileFrontend", "OCI", "Jobs", "FileSystem", systemPackage]),
        library("Export", ["OCI", "Storage", "Layers", "FileSystem", systemPackage]),
        library(
            "Execution",
            [
                "Jobs", "OCI", "DockerfileFrontend", "FileSystem", "Storage", "Layers", "Sandbox", "Templates",
                "Threads",
                systemPackage,
            ]),
        library("Ledger", ["OCI", "Jobs", "FileSystem", grdb, systemPackage]),
        library("Reporting", ["OCI", "Jobs", "Ledger", systemPackage]),

        // level 3
        library(
            "Scheduler",
            [
                "Planning", "Jobs", "OCI", "Storage", "HTTP", "Programs", "Registry", "Contexts", "Layers", "Export",
                "Sandbox", "FileSystem", log,
                systemPackage,
            ]),
        .executableTarget(name: "BuildAllExecutor", dependencies: ["Execution"], swiftSettings: settings),
        .executableTarget(
            name: "BuildAll",
            dependencies: [
                "Manifest", "Planning", "Scheduler", "Ledger", "Reporting", "Registry", "Contexts", "HTTP", "Storage",
                "Sandbox",
                "FileSystem", "Threads", "Programs", "Jobs", "OCI", "Kaniko", argumentParser, log, systemPackage,
            ],
            swiftSettings: settings),

        // tests
        .target(
            name: "TestSupport", dependencies: [systemPackage], path: "Tests/TestSupport", exclude: ["Fixtures"],
            swiftSettings: settings),
        tests("OCI"),
        tests("FileSystem", [systemPackage]),
        tests("Manifest", ["OCI", "Templates", systemPackage]),
        tests("DockerfileFrontend"),
        tests("Kaniko", ["Manifest", "OCI", systemPackage]),
        tests("Sandbox", ["SandboxProbe", systemPackage]),
        .executableTarget(
            name: "SandboxProbe", dependencies: ["Sandbox", "TestSupport", systemPackage], path: "Tests/SandboxProbe",
            swiftSettings: settings),
        tests("Jobs", ["OCI"]),
        tests("Storage", ["StorageProbe", "OCI", "FileSystem", systemPackage]),
        .executableTarget(
            name: "StorageProbe", dependencies: ["Storage", "OCI", "FileSystem", systemPackage],
            path: "Tests/StorageProbe", swiftSettings: settings),
        .executableTarget(
            name: "Fuzz",
            dependencies: [
                "DockerfileFrontend", "Layers", "Storage", "OCI", "FileSystem", "TestSupport", systemPackage,
            ],
            path: "Tests/Fuzz", swiftSettings: settings),
        .testTarget(name: "FuzzTests", dependencies: ["Fuzz", "TestSupport"], swiftSettings: settings),
        tests("Layers", ["OCI", "FileSystem", "Storage", systemPackage]),
        tests("HTTP", [systemPackage]),
        tests("Threads"),
        tests("Programs"),
        tests("Clouds", ["HTTP", "OCI"]),
        tests("Contexts", ["Clouds", "OCI", "HTTP", "FileSystem", systemPackage]),
        tests("Registry", ["OCI", "HTTP", log, systemPackage]),
        tests("Planning", ["Manifest", "OCI", "Jobs", "FileSystem", systemPackage]),
        tests("Export", ["OCI", "Storage", "Layers", "FileSystem", systemPackage]),
        tests("Execution", ["Jobs", "OCI", "Storage", "FileSystem", systemPackage]),
        tests("Ledger", ["LedgerProbe", "OCI", "Jobs", grdb, systemPackage]),
        .executableTarget(
            name: "LedgerProbe", dependencies: ["Ledger", "Jobs", "OCI", systemPackage], path: "Tests/LedgerProbe",
            swiftSettings: settings),
        tests("Reporting", ["OCI", "Jobs", "Ledger", systemPackage]),
        tests(
            "Scheduler",
            ["Planning", "Export", "Manifest", "Jobs", "OCI", "Programs", "Storage", "FileSystem", systemPackage]),
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["TestSupport", "BuildAll", "BuildAllExecutor", systemPackage],
            exclude: ["Fixtures"],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)
