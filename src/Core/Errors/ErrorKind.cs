namespace Temper.Core.Errors;

/// <summary>What an error means to whoever asked. One kind has one exit code (architecture: conventions) and one HTTP status.</summary>
public enum ErrorKind
{
    /// <summary>A negative answer: differences, nothing found. Exit 1, HTTP 404.</summary>
    NotFound,

    /// <summary>Usage or invalid input. Exit 2, HTTP 422.</summary>
    Invalid,

    /// <summary>The run failed. Exit 3, HTTP 500.</summary>
    Failed,

    /// <summary>Cancelled on purpose. Exit 4, HTTP 409.</summary>
    Cancelled,

    /// <summary>Server, disk, port, permission. Exit 5, HTTP 503.</summary>
    Environment,

    /// <summary>Refused by the other side: lost lease, stale reference, unauthorised. Exit 6, HTTP 409.</summary>
    Refused,

    /// <summary>Bytes are not what they must be. Exit 7, HTTP 500.</summary>
    Integrity,
}
