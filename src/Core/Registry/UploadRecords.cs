using Temper.Core.Datasets;
using Temper.Core.Ids;

namespace Temper.Core.Registry;

/// <summary>What an upload becomes.</summary>
public enum UploadKind
{
    /// <summary>A dataset version, through ingestion.</summary>
    Dataset,

    /// <summary>A model version, as it is.</summary>
    Model,
}

/// <summary>Opens an upload. Asking again with the same kind, name and files continues the unfinished one.</summary>
/// <param name="Kind">Dataset or model.</param>
/// <param name="Name">Where it goes.</param>
/// <param name="Files">All files with size and SHA-256, computed by the client.</param>
public sealed record UploadRequest(UploadKind Kind, ResourceName Name, IReadOnlyList<FileEntry> Files);

/// <summary>How much of one file the server holds durably.</summary>
/// <param name="Path">As in the request.</param>
/// <param name="Size">Bytes in all.</param>
/// <param name="Received">Bytes held; the next piece begins here.</param>
public sealed record UploadProgress(string Path, long Size, long Received);

/// <summary>State of an upload.</summary>
/// <param name="Id">Names it.</param>
/// <param name="Kind">Dataset or model.</param>
/// <param name="Name">Where it goes.</param>
/// <param name="PartSize">Largest piece that the server takes in one request, bytes.</param>
/// <param name="Completed">Whether it was completed.</param>
/// <param name="Files">In the order of the request; pieces name a file by its index here.</param>
public sealed record UploadSession(string Id, UploadKind Kind, ResourceName Name, int PartSize, bool Completed, IReadOnlyList<UploadProgress> Files);

/// <summary>What completing an upload led to. Completing it again gives the same answer.</summary>
/// <param name="Upload">Its id.</param>
/// <param name="Work">For a dataset: the row that ingests it.</param>
/// <param name="Model">For a model: the version it became.</param>
public sealed record UploadReceipt(string Upload, WorkId? Work, ModelVersionInfo? Model);
