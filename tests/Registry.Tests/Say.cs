using Temper.Core.Errors;

namespace Temper.Registry.Tests;

internal static class Say
{
    /// <summary>The error that the action must end with.</summary>
    public static async Task<TemperException> RefusedAsync(string code, Func<Task> action)
    {
        var error = await Assert.ThrowsAsync<TemperException>(action);
        Assert.Equal(code, error.Code);
        return error;
    }
}
