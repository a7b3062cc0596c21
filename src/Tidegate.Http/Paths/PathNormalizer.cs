namespace Tidegate.Http.Paths;

/// <summary>Path normalisation.</summary>
public static class PathNormalizer
{
    /// <summary>Normalises a path with query in place.</summary>
    public static PathResult Normalize(Span<byte> pathWithQuery, in PathOptions options, out int length) => throw new NotImplementedException();
}
