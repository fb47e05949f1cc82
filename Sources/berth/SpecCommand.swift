import ContainerRuntime
import JSON
import OCISpec
import RuntimeCommandLine

extension SpecRequest {
  /// Writes config.json. What is there already is someone's work.
  func carryOut() throws(RuntimeFailure) {
    let facts = CallerIDs.probe()
    let ids = SpecTemplate.RootlessIDs(user: facts.userID, group: facts.groupID)
    let template = SpecTemplate(
      rootlessIDs: isRootless ? ids : nil,
      hasCgroupNamespace: hasFile("/sys/fs/cgroup/cgroup.controllers", inRoot: "/")
    )
    try writeNewFile(at: bundle == "." ? "config.json" : bundle + "/config.json", template.json.indentedText + "\n")
  }
}
