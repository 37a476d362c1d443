namespace Temper.Bench;

/// <summary>The program to be compared with is not there, or failed. Exit code 5.</summary>
internal sealed class PeerException(string message) : Exception(message);
