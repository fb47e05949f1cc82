package import JSON

/// Programs that are run at points of the container's life, config.md "POSIX-platform Hooks".
package struct Hooks: Encodable, Hashable, Sendable {
  package var prestart: [Hook]?
  package var createRuntime: [Hook]?
  package var createContainer: [Hook]?
  package var startContainer: [Hook]?
  package var poststart: [Hook]?
  package var poststop: [Hook]?

  package init(_ json: inout JSONReader) {
    prestart = json.objects("prestart", Hook.init)
    createRuntime = json.objects("createRuntime", Hook.init)
    createContainer = json.objects("createContainer", Hook.init)
    startContainer = json.objects("startContainer", Hook.init)
    poststart = json.objects("poststart", Hook.init)
    poststop = json.objects("poststop", Hook.init)
  }
}

/// One program of the hooks, which reads the container's state on its standard input.
package struct Hook: Encodable, Hashable, Sendable {
  package var path: String
  /// All arguments, the program's name first, execv(3).
  package var args: [String]?
  package var env: [String]?
  /// After how many seconds it is killed.
  package var timeout: Int?

  package init(path: String, args: [String]? = nil, env: [String]? = nil, timeout: Int? = nil) {
    self.path = path
    self.args = args
    self.env = env
    self.timeout = timeout
  }

  package init(_ json: inout JSONReader) {
    self.init(
      path: json.required("path") ?? "",
      args: json.strings("args"),
      env: json.strings("env"),
      timeout: json.integer("timeout")
    )
  }
}
