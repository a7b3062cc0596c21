namespace Tidegate.RateLimit.Configuration;

/// <summary>Something that is wrong in a file of limits.</summary>
/// <param name="File">The file.</param>
/// <param name="Line">Its line, from 1.</param>
/// <param name="Field">The field, such as <c>descriptors[0].rate_limit.unit</c>; empty for the document.</param>
/// <param name="Message">What is wrong.</param>
public sealed record LimitFileError(string File, long Line, string Field, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => $"{File}:{Line}: {(Field.Length > 0 ? Field + ": " : string.Empty)}{Message}";
}
