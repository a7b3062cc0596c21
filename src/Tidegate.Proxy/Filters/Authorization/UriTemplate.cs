using System.Buffers;
using System.Text;
using Tidegate.Rules.Values;

namespace Tidegate.Proxy.Filters.Authorization;

/// <summary>
/// A template that fits whole paths or not (Envoy: <c>envoy.path.match.uri_template</c>). A segment is not empty, a rest may be. Immutable; matching takes
/// time linear in the path.
/// </summary>
internal sealed class UriTemplate
{
    private static readonly SearchValues<byte> SegmentBytes =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%!$&'()+,;:@="u8);

    private static readonly SearchValues<byte> RestBytes =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%!$&'()+,;:@=/"u8);

    private readonly byte[]?[] _pieces;
    private readonly byte[]? _behindRest;

    /// <param name="parts">What it is made of.</param>
    public UriTemplate(UriTemplateParts parts)
    {
        _pieces = [.. parts.Pieces.Select(static piece => piece is null ? null : Encoding.ASCII.GetBytes(piece))];
        _behindRest = parts.BehindRest is null ? null : Encoding.ASCII.GetBytes(parts.BehindRest);
    }

    /// <summary>Whether a path without query fits.</summary>
    public bool Matches(ReadOnlySpan<byte> path)
    {
        foreach (byte[]? piece in _pieces)
        {
            if (piece is not null)
            {
                if (!path.StartsWith(piece))
                {
                    return false;
                }

                path = path[piece.Length..];
                continue;
            }

            int end = path.IndexOfAnyExcept(SegmentBytes);
            end = end < 0 ? path.Length : end;
            if (end == 0)
            {
                return false;
            }

            path = path[end..];
        }

        return _behindRest is null ? path.IsEmpty : path.EndsWith(_behindRest) && !path[..^_behindRest.Length].ContainsAnyExcept(RestBytes);
    }
}
