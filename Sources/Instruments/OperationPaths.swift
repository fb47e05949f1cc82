package import MountNamespace

extension Machine.Operation {
  /// The paths that it names.
  package var paths: [String] {
    switch self {
    case .mount(_, _, _, let path), .unmount(let path, _), .setAttributes(_, _, _, let path),
      .setPropagation(_, _, let path):
      [path]
    case .bind(let from, _, let path), .move(let from, let path), .moveBeneath(let from, let path),
      .setGroup(let from, let path), .pivotRoot(let from, let path):
      [from, path]
    case .unshare, .end: []
    }
  }

  /// The same with other paths in place of those that it names.
  package func replacingPaths<Failure: Error>(_ replace: (String) throws(Failure) -> String) throws(Failure) -> Self {
    switch self {
    case .mount(let type, let source, let attributes, let path):
      .mount(type: type, source: source, attributes: attributes, at: try replace(path))
    case .bind(let from, let recursive, let path):
      .bind(from: try replace(from), recursive: recursive, at: try replace(path))
    case .move(let from, let path): .move(from: try replace(from), to: try replace(path))
    case .moveBeneath(let from, let path): .moveBeneath(from: try replace(from), to: try replace(path))
    case .setGroup(let from, let path): .setGroup(from: try replace(from), to: try replace(path))
    case .unmount(let path, let detach): .unmount(at: try replace(path), detach: detach)
    case .setAttributes(let set, let clear, let recursive, let path):
      .setAttributes(set: set, clear: clear, recursive: recursive, at: try replace(path))
    case .setPropagation(let type, let recursive, let path):
      .setPropagation(type, recursive: recursive, at: try replace(path))
    case .pivotRoot(let path, let putOld): .pivotRoot(to: try replace(path), putOld: try replace(putOld))
    case .unshare, .end: self
    }
  }
}
