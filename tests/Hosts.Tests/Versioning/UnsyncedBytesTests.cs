using System.Diagnostics;
using Temper.Testing;

namespace Temper.Hosts.Tests.Versioning;

/// <summary>The loss of power that the other tests rely on does lose what was not flushed, and nothing else.</summary>
[Trait("Needs", "strace")]
public sealed class UnsyncedBytesTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_was_not_flushed_is_lost_and_a_name_whose_folder_was_not_flushed_is_the_old_one(bool zeros)
    {
        using var folder = new TempFolder();
        var place = Directory.CreateDirectory(folder.Of("place")).FullName;
        File.WriteAllText(Path.Combine(place, "old"), "old");
        var unsynced = new UnsyncedBytes([place]);
        var log = folder.Of("calls");
        string[] all = [.. UnsyncedBytes.Recorder(log), "sh", "-c", "printf lost > new; printf kept > kept; sync -d kept; printf next > next; sync -d next; mv next old; mv new gone"];
        var start = new ProcessStartInfo(all[0], all[1..]) { WorkingDirectory = place };
        using (var process = Process.Start(start)!)
            process.WaitForExit();
        unsynced.Read(log);
        Assert.Equal(3, unsynced.Lose([place], zeros));
        Assert.Equal(["kept", "new", "next", "old"], Directory.GetFiles(place).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal((zeros ? "\0\0\0\0" : "", "kept", "next", "old"),
            (Text(place, "new"), Text(place, "kept"), Text(place, "next"), Text(place, "old")));
    }

    private static string Text(string place, string name) => File.ReadAllText(Path.Combine(place, name));
}
