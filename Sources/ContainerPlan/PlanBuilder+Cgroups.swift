import MountNamespace
import OCISpec

extension PlanBuilder {
  mutating func planCgroupMount(_ index: Int, _ mount: Mount, _ options: MountOptions, at path: String) {
    problem("mounts[\(index)].type", "not yet")
  }
}
