namespace Temper.Testing.Servers;

/// <summary>The browser that the tests of the dashboard drive. Such tests carry the trait <c>Needs=chromium</c>.</summary>
public static class Chromium
{
    /// <summary>Path of the program: <c>TEMPER_TEST_CHROMIUM</c>, or the first of the usual names on the path.</summary>
    public static string Path { get; } = Find();

    private static string Find()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        var names = from name in (string[])["chromium", "chromium-browser", "google-chrome"] from folder in folders select System.IO.Path.Combine(folder, name);
        return ((string?[])[Environment.GetEnvironmentVariable("TEMPER_TEST_CHROMIUM"), .. names]).FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException($"Chromium is not installed. {GuardedServer.Prerequisites}");
    }
}
