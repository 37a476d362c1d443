using Temper.Core.Errors;
using Temper.Testing;
using Temper.Versioning.Backups;

namespace Temper.Versioning.Tests;

/// <summary>Backups at intervals.</summary>
public sealed class BackupScheduleTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public async Task A_backup_is_due_at_once_and_then_one_interval_after_the_newest()
    {
        Directory.CreateDirectory(_folder.Of("home", "logs"));
        File.WriteAllText(_folder.Of("home", "HEAD"), "x");
        var folder = new BackupFolder(_folder.Of("backup"), TimeProvider.System);
        var schedule = new BackupSchedule(folder, BackupSource.Repository(_folder.Of("home")), TimeSpan.FromHours(1), keep: 2, TimeProvider.System);
        Assert.True(schedule.NextDue() <= TimeProvider.System.GetUtcNow());
        using var stop = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => schedule.RunAsync(_ => stop.Cancel(), error => Assert.Fail(error.Message), stop.Token));
        Assert.Equal(folder.Open(null).Manifest.CreatedAt.AddHours(1), schedule.NextDue());
    }

    [Fact]
    public async Task A_backup_that_fails_is_told_and_tried_again()
    {
        File.WriteAllText(_folder.Of("backup"), "a file where the folder should be");
        var schedule = new BackupSchedule(new(_folder.Of("backup"), TimeProvider.System), BackupSource.Repository(_folder.Path), TimeSpan.FromMilliseconds(50), null, TimeProvider.System);
        using var stop = new CancellationTokenSource();
        var told = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => schedule.RunAsync(_ => Assert.Fail("nothing can be backed up there"), _ =>
        {
            if (++told == 3)
                stop.Cancel();
        }, stop.Token));
        Assert.Equal(3, told);
    }

    [Theory]
    [InlineData("30m", 30)]
    [InlineData("6h", 360)]
    [InlineData("1d", 1440)]
    public void Intervals_are_written_as_people_write_them(string text, int minutes) => Assert.Equal(TimeSpan.FromMinutes(minutes), BackupSchedule.Interval(text));

    [Theory]
    [InlineData("")]
    [InlineData("h")]
    [InlineData("0h")]
    [InlineData("-1h")]
    [InlineData("1w")]
    [InlineData("1.5h")]
    public void Other_intervals_are_refused(string text) => Assert.Equal("usage", Assert.Throws<TemperException>(() => BackupSchedule.Interval(text)).Code);

    public void Dispose() => _folder.Dispose();
}
