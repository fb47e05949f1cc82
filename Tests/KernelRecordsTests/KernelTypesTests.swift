import KernelRecords
import Testing

/// What is read of the kernel's BTF.
struct KernelTypesTests {
  private func read(_ words: [UInt32]) -> KernelTypes? {
    KernelTypes(btf: words.span, structures: ["mount", "file"], functions: ["bpf_iter_task"])
  }

  /// A type of each kind that comes before what is looked for, each of another length.
  private var whole: BTFWriter {
    var btf = BTFWriter()
    btf.type(1, "int", [4, 32])
    btf.type(2, "", [1])
    btf.type(3, "", [0, 1, 1, 8])
    btf.type(6, "colour", count: 2, [4, 0, 0, 0, 1])
    btf.type(13, "", count: 2, [1, 0, 1, 0, 1])
    btf.type(14, "variable", [1, 0])
    btf.type(15, ".data", count: 1, [4, 1, 0, 4])
    btf.type(17, "tag", [1, 0])
    btf.type(19, "wide", count: 1, [8, 0, 1, 0])
    return btf
  }

  @Test func findsMembersAndFunctions() throws {
    var btf = whole
    btf.structure("mounted", [("mnt", 1, 4)])
    btf.structure("mount", [("mnt_parent", 1, 16), ("mnt_id", 1, 308)])
    btf.function("bpf_iter_tasks")
    btf.function("bpf_iter_task")
    let types = try #require(read(btf.words))
    #expect(types.offset("mount", "mnt_parent") == 16)
    #expect(types.offset("mount", "mnt_id") == 308)
    #expect(types.offset("mount", "mnt") == nil)
    #expect(types.offset("mounted", "mnt") == nil)
    #expect(types.function("bpf_iter_task") == btf.last)
    #expect(types.function("bpf_iter_tasks") == nil)
  }

  /// No compiler makes them, but who follows them would come to no end.
  @Test func partsInEachOtherEnd() throws {
    var btf = whole
    let first = btf.last + 1
    btf.structure("", [("", first + 1, 8), ("", first + 1, 16)])
    btf.structure("", [("", first, 8), ("", first, 16)])
    btf.structure("file", [("f_inode", 1, 32), ("", first, 64), ("f_path", 1, 128)])
    btf.function("bpf_iter_task")
    let types = try #require(read(btf.words))
    #expect(types.offset("file", "f_inode") == 32 && types.offset("file", "f_path") == 128)
  }

  /// As in `struct file` since Linux 6.18, where `f_path` is in a union that has no name.
  @Test func findsMembersOfPartsWithoutName() throws {
    var btf = whole
    btf.structure("", kind: 5, [("f_path", 1, 0), ("__f_path", 1, 0)])
    let union = btf.last
    btf.structure("", [("first", 1, 0), ("", union, 8)])
    btf.structure("file", [("f_inode", 1, 32), ("", btf.last, 64)])
    btf.function("bpf_iter_task")
    let types = try #require(read(btf.words))
    #expect(types.offset("file", "first") == 64)
    #expect(types.offset("file", "f_path") == 72)
    #expect(types.offset("file", "__f_path") == 72)
  }

  /// With bit fields, the place is the lower three bytes, and the upper one is the width.
  @Test func readsPlacesBesideBitFields() throws {
    var btf = whole
    let name = UInt32(1)
    btf.type(4 | 0x80, "mount", count: 1, [8, name, 1, 3 << 24 | 40])
    btf.function("bpf_iter_task")
    #expect(read(btf.words)?.offset("mount", "int") == 5)
  }

  @Test func refusesWhatItDoesNotUnderstand() {
    var later = whole
    later.type(25, "of a later kernel", [0])
    later.function("bpf_iter_task")
    #expect(read(later.words) == nil)
    var cut = whole
    cut.structure("mount", [("mnt_id", 1, 308)])
    #expect(read(Array(cut.words.prefix(20))) == nil)
    #expect(read([]) == nil)
    #expect(read([0x1234_5678, 24, 0, 0, 0, 0]) == nil)
  }
}
