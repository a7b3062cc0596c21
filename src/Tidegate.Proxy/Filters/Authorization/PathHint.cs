using Tidegate.Proxy.Routing;

namespace Tidegate.Proxy.Filters.Authorization;

/// <summary>
/// What is seen of a path at a glance, so that of many policies most need no closer look: its length, and its first eight bytes.
/// </summary>
/// <param name="Text">The first bytes that a path has to have.</param>
/// <param name="Mask">Which of the eight count.</param>
/// <param name="MinLength">How long it has to be.</param>
/// <param name="MaxLength">How long it may be.</param>
internal readonly record struct PathHint(ulong Text, ulong Mask, int MinLength, int MaxLength)
{
    private const int Bytes = sizeof(ulong);

    /// <summary>The hint of a condition on a path; one that fits every path where there is nothing to see at a glance.</summary>
    public static PathHint Of(ValueMatcher matcher)
    {
        if (matcher.IgnoresCase || matcher.Kind is not (ValueMatchKind.Exact or ValueMatchKind.Prefix))
        {
            return new PathHint(0, 0, 0, int.MaxValue);
        }

        ReadOnlySpan<byte> text = matcher.Text;
        ulong mask = text.Length >= Bytes ? ulong.MaxValue : (1UL << (8 * text.Length)) - 1;
        return new PathHint(HeadOf(text), mask, text.Length, matcher.Kind == ValueMatchKind.Exact ? text.Length : int.MaxValue);
    }

    /// <summary>The first eight bytes of a path; zeros behind one that is shorter.</summary>
    public static ulong HeadOf(ReadOnlySpan<byte> path)
    {
        if (path.Length >= Bytes)
        {
            return System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(path);
        }

        ulong head = 0;
        for (int i = 0; i < path.Length; i++)
        {
            head |= (ulong)path[i] << (8 * i);
        }

        return head;
    }

    /// <summary>Whether one of some hints lets a path be looked at closer.</summary>
    /// <param name="hints">The hints.</param>
    /// <param name="head">The path's first bytes (<see cref="HeadOf"/>).</param>
    /// <param name="length">Its length.</param>
    public static bool MayFit(PathHint[] hints, ulong head, int length)
    {
        foreach (ref readonly PathHint hint in hints.AsSpan())
        {
            if (((head ^ hint.Text) & hint.Mask) == 0 && length >= hint.MinLength && length <= hint.MaxLength)
            {
                return true;
            }
        }

        return false;
    }
}
