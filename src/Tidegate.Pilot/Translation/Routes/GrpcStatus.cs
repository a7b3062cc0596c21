namespace Tidegate.Pilot.Translation.Routes;

/// <summary>gRPC's status codes by name.</summary>
internal static class GrpcStatus
{
    private static readonly string[] Names =
    [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS",
        "UNAUTHENTICATED",
    ];

    /// <summary>The number of a name; 0 for one that validation would have refused.</summary>
    public static uint Parse(string name) => (uint)Math.Max(0, Array.IndexOf(Names, name));
}
