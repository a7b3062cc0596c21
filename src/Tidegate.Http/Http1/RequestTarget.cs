using System.Runtime.CompilerServices;

namespace Tidegate.Http.Http1;

/// <summary>The four forms of a request target (RFC 9112 section 3.2), read into the head.</summary>
internal static class RequestTarget
{
    /// <summary>Sets path, and for the forms that have one the authority and scheme.</summary>
    /// <param name="target">Not empty, visible ASCII only.</param>
    /// <param name="head">Its method is set already.</param>
    /// <param name="hasAuthority">Whether the target named an authority, which then wins over Host (RFC 9112 section 3.2.2).</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Http1ErrorCode Read(ReadOnlySpan<byte> target, RequestHead head, out bool hasAuthority)
    {
        hasAuthority = false;
        if (target[0] != (byte)'/' || head.Method == KnownMethod.Connect)
        {
            return ReadOther(target, head, out hasAuthority);
        }

        head.SetValidPath(target);
        return Http1ErrorCode.None;
    }

    private static Http1ErrorCode ReadOther(ReadOnlySpan<byte> target, RequestHead head, out bool hasAuthority)
    {
        hasAuthority = true;
        if (head.Method == KnownMethod.Connect)
        {
            // authority-form: here, and only here, the port must be there (RFC 9110 section 9.3.6).
            if (!Authority.TrySplit(target, out _, out int port) || port < 0)
            {
                return Http1ErrorCode.InvalidTarget;
            }

            head.SetValidAuthority(target);
            return Http1ErrorCode.None;
        }

        if (target.SequenceEqual("*"u8))
        {
            hasAuthority = false;
            head.SetValidPath(target);
            return head.Method == KnownMethod.Options ? Http1ErrorCode.None : Http1ErrorCode.InvalidTarget;
        }

        return ReadAbsolute(target, head);
    }

    private static Http1ErrorCode ReadAbsolute(ReadOnlySpan<byte> target, RequestHead head)
    {
        int colon = target.IndexOf("://"u8);
        if (colon < 0 || !head.SetScheme(target[..colon]))
        {
            return Http1ErrorCode.InvalidTarget;
        }

        ReadOnlySpan<byte> rest = target[(colon + 3)..];
        int authorityEnd = rest.IndexOfAny((byte)'/', (byte)'?', (byte)'#');
        ReadOnlySpan<byte> authority = authorityEnd < 0 ? rest : rest[..authorityEnd];
        if (!head.SetAuthority(authority))
        {
            return Http1ErrorCode.InvalidTarget;
        }

        ReadOnlySpan<byte> path = authorityEnd < 0 ? default : rest[authorityEnd..];
        if (path.IsEmpty)
        {
            // OPTIONS without a path means the whole server (RFC 9112 section 3.2.4).
            head.SetValidPath(head.Method == KnownMethod.Options ? "*"u8 : "/"u8);
        }
        else if (path[0] == (byte)'/')
        {
            head.SetValidPath(path);
        }
        else
        {
            head.SetValidPathBehindSlash(path);
        }

        return Http1ErrorCode.None;
    }
}
