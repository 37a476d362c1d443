namespace Temper.Bench;

/// <summary>The command line asks for what there is not; the message says what and what there is. Exit code 2.</summary>
internal sealed class UsageException(string message) : Exception(message);
