import CSeccomp

/// The version of libseccomp that berth has in it: `2.5.4`.
package var libseccompVersion: String {
  let version = cseccomp_version()
  return "\(version / 10000).\(version / 100 % 100).\(version % 100)"
}
