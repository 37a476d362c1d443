using System.Text.Json;

namespace Temper.Ingest;

/// <summary>What a scan can find: personal data, then secrets.</summary>
internal enum FindingKind
{
    Email,
    Phone,
    CreditCard,
    Iban,
    IpAddress,
    UsSsn,
    NationalId,
    PrivateKey,
    AwsAccessKey,
    AzureKey,
    GithubToken,
    GoogleApiKey,
    SlackToken,
    OpenaiKey,
    HuggingfaceToken,
    ApiToken,
    Jwt,
    Password,
    ConnectionString,
}

/// <summary>A place in a text that holds something; never its value.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Start">First byte.</param>
/// <param name="Length">Bytes.</param>
internal readonly record struct Finding(FindingKind Kind, int Start, int Length)
{
    /// <summary>The byte behind it.</summary>
    public int End => Start + Length;
}

/// <summary>Names of kinds and what stands in for their values.</summary>
internal static class FindingKinds
{
    /// <summary>All kinds as configurations and reports write them, in the order of <see cref="FindingKind"/>.</summary>
    public static readonly string[] Names = [.. Enum.GetNames<FindingKind>().Select(JsonNamingPolicy.SnakeCaseLower.ConvertName)];

    /// <summary>Whether it is a secret rather than personal data.</summary>
    public static bool IsSecret(this FindingKind kind) => kind is >= FindingKind.PrivateKey and <= FindingKind.ConnectionString;

    /// <summary>What stands in for a value. Nothing is found in it, so that redacting twice is redacting once.</summary>
    public static ReadOnlySpan<byte> Label(this FindingKind kind) => kind switch
    {
        FindingKind.Email => "[email]"u8,
        FindingKind.Phone => "[phone]"u8,
        FindingKind.CreditCard => "[card]"u8,
        FindingKind.Iban => "[iban]"u8,
        FindingKind.IpAddress => "[ip]"u8,
        FindingKind.UsSsn => "[ssn]"u8,
        FindingKind.NationalId => "[id]"u8,
        _ => "[secret]"u8,
    };
}
