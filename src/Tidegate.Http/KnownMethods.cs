using System.Text;

namespace Tidegate.Http;

/// <summary>Names of the known methods, both ways.</summary>
public static class KnownMethods
{
    // Of the IANA registry of methods (RFC 9110, section 16.1), and what Envoy takes beside them.
    private static readonly string[] Others =
    [
        "ACL", "BASELINE-CONTROL", "BIND", "CHECKIN", "CHECKOUT", "COPY", "LABEL", "LINK", "LOCK", "MERGE", "MKACTIVITY", "MKCALENDAR", "MKCOL", "MKREDIRECTREF", "MKWORKSPACE",
        "MOVE", "MSEARCH", "NOTIFY", "ORDERPATCH", "PROPFIND", "PROPPATCH", "PURGE", "REBIND", "REPORT", "SEARCH", "SOURCE", "SUBSCRIBE", "UNBIND", "UNCHECKOUT", "UNLINK",
        "UNLOCK", "UNSUBSCRIBE", "UPDATE", "UPDATEREDIRECTREF", "VERSION-CONTROL",
    ];

    /// <summary>Whether a method is one of ours, or another that is registered. Case counts.</summary>
    public static bool IsRegistered(ReadOnlySpan<byte> name)
    {
        if (Find(name) != KnownMethod.Other)
        {
            return true;
        }

        foreach (string other in Others)
        {
            if (Ascii.Equals(name, other))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The name as it stands on the wire; empty for <see cref="KnownMethod.Other"/>.</summary>
    public static ReadOnlySpan<byte> NameOf(KnownMethod method) => method switch
    {
        KnownMethod.Get => "GET"u8,
        KnownMethod.Head => "HEAD"u8,
        KnownMethod.Post => "POST"u8,
        KnownMethod.Put => "PUT"u8,
        KnownMethod.Delete => "DELETE"u8,
        KnownMethod.Connect => "CONNECT"u8,
        KnownMethod.Options => "OPTIONS"u8,
        KnownMethod.Trace => "TRACE"u8,
        KnownMethod.Patch => "PATCH"u8,
        _ => default,
    };

    /// <summary>The method of that name, compared with case; <see cref="KnownMethod.Other"/> when it is none of the known ones.</summary>
    public static KnownMethod Find(ReadOnlySpan<byte> name) => name.Length switch
    {
        3 => name.SequenceEqual("GET"u8) ? KnownMethod.Get : name.SequenceEqual("PUT"u8) ? KnownMethod.Put : KnownMethod.Other,
        4 => name.SequenceEqual("POST"u8) ? KnownMethod.Post : name.SequenceEqual("HEAD"u8) ? KnownMethod.Head : KnownMethod.Other,
        5 => name.SequenceEqual("PATCH"u8) ? KnownMethod.Patch : name.SequenceEqual("TRACE"u8) ? KnownMethod.Trace : KnownMethod.Other,
        6 => name.SequenceEqual("DELETE"u8) ? KnownMethod.Delete : KnownMethod.Other,
        7 => name.SequenceEqual("OPTIONS"u8) ? KnownMethod.Options : name.SequenceEqual("CONNECT"u8) ? KnownMethod.Connect : KnownMethod.Other,
        _ => KnownMethod.Other,
    };
}
