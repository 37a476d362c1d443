using System.Security.Cryptography;
using System.Text;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Testing;
using Temper.Versioning.Pointers;

namespace Temper.Versioning.Tests;

/// <summary>Work trees of git-lfs and DVC, written as those tools write them.</summary>
public sealed class PointerImportTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public async Task A_git_lfs_pointer_is_found_with_its_content()
    {
        var content = LfsObject("weights");
        Write("models/a.bin", Pointer(content));
        Write("models/plain.txt", "version of something else\n");
        Write("models/large.bin", new string('x', 4000));
        var found = Assert.Single(await LfsImport.FindAsync(_folder.Path, Ct));
        Assert.Equal("models/a.bin", found.Path.ToString());
        Assert.Equal(7, found.Size);
        Assert.Equal("weights", await File.ReadAllTextAsync(found.Content, Ct));
    }

    [Fact]
    public async Task Git_lfs_content_that_is_missing_or_altered_is_named_all_at_once()
    {
        var content = LfsObject("weights");
        File.WriteAllText(_folder.Of(".git", "lfs", "objects", new LfsPointer(content, 7).CachePath), "weighty");
        Write("a.bin", Pointer(content));
        Write("b.bin", Pointer(Digest.OfText("never fetched")));
        var error = await Assert.ThrowsAsync<TemperException>(() => LfsImport.FindAsync(_folder.Path, Ct));
        Assert.Equal([("object_corrupt", "a.bin"), ("import_content_missing", "b.bin")], error.Problems.Select(p => (p.Code, p.File!)));
    }

    [Fact]
    public async Task A_linked_git_work_tree_finds_the_objects_of_the_main_one()
    {
        using var main = new TempFolder();
        Directory.CreateDirectory(main.Of(".git", "worktrees", "w"));
        File.WriteAllText(main.Of(".git", "worktrees", "w", "commondir"), "../..\n");
        var content = LfsObject("weights", main.Path);
        Write(".git", $"gitdir: {main.Of(".git", "worktrees", "w")}\n");
        Write("a.bin", Pointer(content));
        Assert.Equal("a.bin", Assert.Single(await LfsImport.FindAsync(_folder.Path, Ct)).Path.ToString());
    }

    [Fact]
    public async Task Dvc_pointers_give_files_and_folders_from_caches_of_both_layouts()
    {
        var single = DvcObject("one", "files/md5");
        var inner = DvcObject("two", "");
        var listing = DvcObject($$"""[{"md5": "{{inner}}", "relpath": "sub/b.txt"}]""", "files/md5", ".dir");
        Write("data/a.txt.dvc", $"outs:\n- md5: {single}\n  size: 3\n  hash: md5\n  path: a.txt\n");
        Write("data/set.dvc", $"outs:\n- md5: {listing}\n  nfiles: 1\n  path: set\n");
        Write("dvc.lock", $"schema: '2.0'\nstages:\n  train:\n    cmd: python train.py\n    outs:\n    - path: model.pkl\n      md5: {single}\n      size: 3\n");
        var found = await DvcImport.FindAsync(_folder.Path, Ct);
        Assert.Equal(["data/a.txt", "data/set/sub/b.txt", "model.pkl"], found.Select(f => f.Path.ToString()));
        Assert.Equal(["one", "two", "one"], found.Select(f => File.ReadAllText(f.Content)));
    }

    [Fact]
    public async Task A_moved_dvc_cache_is_found_by_its_configuration()
    {
        Write(".dvc/config", "[core]\n    remote = s\n[cache]\n    dir = ../elsewhere\n");
        var md5 = Md5("one");
        Write($"elsewhere/files/md5/{md5[..2]}/{md5[2..]}", "one");
        Write("a.dvc", $"outs:\n- md5: {md5}\n  path: a\n");
        Assert.Equal("a", Assert.Single(await DvcImport.FindAsync(_folder.Path, Ct)).Path.ToString());
    }

    [Theory]
    [InlineData("outs:\n- md5: zz\n  path: a\n", "import_pointer_invalid")]
    [InlineData("outs:\n- md5: d3b07384d113edec49eaa6238ad5ff00\n", "import_pointer_invalid")]
    [InlineData("outs: [", "import_pointer_invalid")]
    [InlineData("- a\n", "import_pointer_invalid")]
    [InlineData("outs:\n- md5: d3b07384d113edec49eaa6238ad5ff00\n  path: a\n", "import_content_missing")]
    [InlineData("outs:\n- md5: d3b07384d113edec49eaa6238ad5ff00\n  path: ../../etc/passwd\n", "path_invalid")]
    [InlineData("outs:\n- md5: d3b07384d113edec49eaa6238ad5ff00\n  path: /etc/passwd\n", "path_invalid")]
    public async Task A_dvc_file_that_names_nothing_sound_is_refused(string text, string code)
    {
        Directory.CreateDirectory(_folder.Of(".dvc"));
        Write("data.dvc", text);
        Assert.Equal(code, (await Assert.ThrowsAsync<TemperException>(() => DvcImport.FindAsync(_folder.Path, Ct))).Code);
    }

    [Fact]
    public async Task A_folder_that_is_neither_is_said_so()
    {
        Assert.Equal("not_found", (await Assert.ThrowsAsync<TemperException>(() => DvcImport.FindAsync(_folder.Path, Ct))).Code);
        Assert.Equal("not_found", (await Assert.ThrowsAsync<TemperException>(() => LfsImport.FindAsync(_folder.Path, Ct))).Code);
    }

    public void Dispose() => _folder.Dispose();

    private static CancellationToken Ct => CancellationToken.None;

    private static string Pointer(Digest id) => $"version https://git-lfs.github.com/spec/v1\noid sha256:{id}\nsize 7\n";

    private Digest LfsObject(string content, string? root = null)
    {
        var id = Digest.OfText(content);
        Write(Path.Combine(root ?? _folder.Path, ".git", "lfs", "objects", new LfsPointer(id, 0).CachePath), content);
        return id;
    }

    private string DvcObject(string content, string layout, string suffix = "")
    {
        var md5 = Md5(content) + suffix;
        Write(Path.Combine(".dvc", "cache", layout, md5[..2], md5[2..]), content);
        return md5;
    }

#pragma warning disable CA5351
    private static string Md5(string content) => Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(content)));
#pragma warning restore CA5351

    private void Write(string path, string content)
    {
        var full = Path.Combine(_folder.Path, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, content);
    }
}
