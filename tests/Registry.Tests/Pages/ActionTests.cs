using Temper.Core.Ids;
using Temper.Core.Work;
using static Temper.Registry.Tests.Actors;

namespace Temper.Registry.Tests.Pages;

/// <summary>The buttons of the pages of jobs and sweeps, as a browser sends their forms.</summary>
public sealed class ActionTests
{
    [Fact]
    public async Task A_form_that_another_site_sends_changes_no_job_and_that_of_its_own_page_does()
    {
        await using var host = await (await RegistryHost.StartAsync(pages: true)).WithInputsAsync();
        var id = (await host.StartJobAsync()).Id;
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = host.Address };
        Assert.Equal((400, null), await PressAsync(http, $"jobs/{id}/cancel", "cross-site"));
        Assert.Equal(WorkState.Queued, (await host.Client.Jobs.FindAsync(id, None))!.State);
        Assert.Equal((302, $"/jobs/{id}"), await PressAsync(http, $"jobs/{id}/cancel", "same-origin"));
        Assert.Equal(WorkState.Cancelled, (await host.Client.Jobs.FindAsync(id, None))!.State);
        // It went on while the page was looked at: back to the page, which says so.
        Assert.Equal((302, $"/jobs/{id}"), await PressAsync(http, $"jobs/{id}/pause", "same-origin"));
    }

    [Theory]
    [InlineData("jobs/nonsense/pause")]
    [InlineData("jobs/job-01m80kykhvaz6vbw1mspwvvz2q/cancel")]
    [InlineData("sweeps/nobody/pause")]
    public async Task A_button_of_something_that_is_not_there_is_not_found(string address)
    {
        await using var host = await RegistryHost.StartAsync(pages: true);
        Assert.True(WorkId.TryParse("job-01m80kykhvaz6vbw1mspwvvz2q", out _));
        using var http = new HttpClient { BaseAddress = host.Address };
        Assert.Equal((404, null), await PressAsync(http, address, "same-origin"));
    }

    private static async Task<(int Status, string? Leads)> PressAsync(HttpClient http, string address, string site)
    {
        using var form = new HttpRequestMessage(HttpMethod.Post, address) { Headers = { { "Sec-Fetch-Site", site } } };
        using var answer = await http.SendAsync(form, None);
        return ((int)answer.StatusCode, answer.Headers.Location?.ToString());
    }
}
