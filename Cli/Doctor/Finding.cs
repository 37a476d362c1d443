namespace Temper.Cli.Doctor;

/// <summary>How well something is.</summary>
internal enum Health
{
    Ok,
    Warning,
    Failed,
}

/// <summary>What was looked at and how it is.</summary>
/// <param name="Area">What it belongs to: machine, home, server, repository.</param>
/// <param name="Check">What was looked at.</param>
/// <param name="Health">How it is.</param>
/// <param name="Said">What was found.</param>
/// <param name="Remedy">What to do, where something is to be done.</param>
internal sealed record Finding(string Area, string Check, Health Health, string Said, string? Remedy = null);
