using System.Text;
using Tidegate.Net;
using Tidegate.Proxy.Routing;
using Tidegate.Proxy.Tls;

namespace Tidegate.Proxy.Filters.Authorization;

/// <summary>A condition of a policy (Envoy: <c>Permission</c> and <c>Principal</c>, which differ in what they may ask alone). Immutable.</summary>
internal abstract class AccessCondition
{
    /// <summary>Met by everything.</summary>
    public static readonly AccessCondition Always = new Constant(true);

    /// <summary>Met by nothing.</summary>
    public static readonly AccessCondition Never = new Constant(false);

    /// <summary>Whether it is met.</summary>
    public abstract bool IsMet(in AccessSubject subject);

    /// <summary>The paths of which a request has to have one for it to be met; null where it may be met by any.</summary>
    public virtual PathCondition? NeededPaths => null;

    /// <summary>All of these are met. What is certain is decided now.</summary>
    public static AccessCondition All(IEnumerable<AccessCondition> conditions)
    {
        AccessCondition[] open = [.. conditions.Where(static condition => condition != Always)];
        return open.Contains(Never) ? Never : open.Length switch
        {
            0 => Always,
            1 => open[0],
            _ => new AllOf(open),
        };
    }

    /// <summary>One of these is met. What is certain is decided now.</summary>
    public static AccessCondition Any(IEnumerable<AccessCondition> conditions)
    {
        AccessCondition[] open = [.. conditions.Where(static condition => condition != Never)];
        return open.Contains(Always) ? Always : open.Length switch
        {
            0 => Never,
            1 => open[0],
            _ => Array.TrueForAll(open, static condition => condition is PathCondition)
                ? new PathCondition([.. open.Cast<PathCondition>().SelectMany(static condition => condition.Paths)])
                : new AnyOf(open),
        };
    }

    /// <summary>The opposite.</summary>
    public static AccessCondition Not(AccessCondition condition) =>
        condition == Always ? Never : condition == Never ? Always : new NotOf(condition);

    private sealed class Constant(bool isMet) : AccessCondition
    {
        public override bool IsMet(in AccessSubject subject) => isMet;
    }

    private sealed class AllOf(AccessCondition[] conditions) : AccessCondition
    {
        public override PathCondition? NeededPaths
        {
            get
            {
                foreach (AccessCondition condition in conditions)
                {
                    if (condition.NeededPaths is { } paths)
                    {
                        return paths;
                    }
                }

                return null;
            }
        }

        public override bool IsMet(in AccessSubject subject)
        {
            foreach (AccessCondition condition in conditions)
            {
                if (!condition.IsMet(subject))
                {
                    return false;
                }
            }

            return true;
        }
    }

    private sealed class AnyOf(AccessCondition[] conditions) : AccessCondition
    {
        public override bool IsMet(in AccessSubject subject)
        {
            foreach (AccessCondition condition in conditions)
            {
                if (condition.IsMet(subject))
                {
                    return true;
                }
            }

            return false;
        }
    }

    private sealed class NotOf(AccessCondition condition) : AccessCondition
    {
        public override bool IsMet(in AccessSubject subject) => !condition.IsMet(subject);
    }
}

/// <summary>A field of the request.</summary>
internal sealed class HeaderCondition(HeaderMatcher matcher) : AccessCondition
{
    /// <inheritdoc/>
    public override bool IsMet(in AccessSubject subject) => subject.IsRequest && matcher.Matches(subject.Request);
}

/// <summary>The path without its query is one of some.</summary>
internal sealed class PathCondition(params ValueMatcher[] paths) : AccessCondition
{
    /// <summary>The paths.</summary>
    public IReadOnlyList<ValueMatcher> Paths => paths;

    /// <inheritdoc/>
    public override PathCondition? NeededPaths => this;

    /// <inheritdoc/>
    public override bool IsMet(in AccessSubject subject)
    {
        if (!subject.IsRequest)
        {
            return false;
        }

        ReadOnlySpan<byte> path = subject.Request.PathWithoutQuery;
        foreach (ValueMatcher one in paths)
        {
            if (one.Matches(path))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>The path without its query, against a template.</summary>
internal sealed class PathTemplateCondition(UriTemplate template) : AccessCondition
{
    /// <inheritdoc/>
    public override bool IsMet(in AccessSubject subject) => subject.IsRequest && template.Matches(subject.Request.PathWithoutQuery);
}

/// <summary>Which of a subject's addresses is meant.</summary>
internal enum SubjectAddress : byte
{
    /// <summary>Who has connected.</summary>
    Peer,

    /// <summary>For whom.</summary>
    Remote,

    /// <summary>Where to.</summary>
    Local,
}

/// <summary>An address is in a range.</summary>
/// <param name="address">Which.</param>
/// <param name="range">The range.</param>
/// <param name="isMapped">Whether the range is one of IPv4 addresses in their mapped form, as proxies in front may write them; otherwise those are in no such range.</param>
internal sealed class AddressCondition(SubjectAddress address, AddressPrefix range, bool isMapped) : AccessCondition
{
    /// <inheritdoc/>
    public override bool IsMet(in AccessSubject subject)
    {
        NetAddress value = address switch
        {
            SubjectAddress.Peer => subject.PeerAddress,
            SubjectAddress.Remote => subject.RemoteAddress,
            _ => subject.LocalAddress,
        };
        value = isMapped ? value.Unmapped() : value;
        return value.IsValid && value.IsIn(range.Address, range.Length);
    }
}

/// <summary>The port that the client has connected to, from one (inclusive) to another (exclusive).</summary>
internal sealed class PortCondition(int from, int to) : AccessCondition
{
    /// <inheritdoc/>
    public override bool IsMet(in AccessSubject subject) => subject.LocalAddress.Port >= from && subject.LocalAddress.Port < to;
}

/// <summary>The server name that TLS was asked for; none is an empty one.</summary>
internal sealed class ServerNameCondition(ValueMatcher matcher) : AccessCondition
{
    /// <inheritdoc/>
    public override bool IsMet(in AccessSubject subject) => TextMatch.Matches(matcher, subject.ServerName);
}

/// <summary>What filters have noted.</summary>
internal sealed class MetadataCondition(MetadataMatcher matcher) : AccessCondition
{
    /// <inheritdoc/>
    public override bool IsMet(in AccessSubject subject) => matcher.Matches(subject.Metadata);
}

/// <summary>
/// The name of a verified certificate: a URI of it, else a DNS name, else its subject (Envoy: <c>authenticated</c>); without a name to be, any TLS.
/// </summary>
internal sealed class CertificateCondition(ValueMatcher? name) : AccessCondition
{
    /// <inheritdoc/>
    public override bool IsMet(in AccessSubject subject)
    {
        if (subject.Certificate is not { } certificate)
        {
            return false;
        }

        return name is null
            || HasName(certificate, AltNameKind.Uri)
            || HasName(certificate, AltNameKind.Dns)
            || TextMatch.Matches(name, certificate.Subject);
    }

    private bool HasName(PeerCertificate certificate, AltNameKind kind)
    {
        for (int i = 0; i < certificate.Names.Count; i++)
        {
            if (certificate.Names[i].Kind == kind && TextMatch.Matches(name!, certificate.Names[i].Text))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>Compares texts that are no bytes yet.</summary>
file static class TextMatch
{
    private const int MaxStackBytes = 512;

    public static bool Matches(ValueMatcher matcher, string text)
    {
        int length = Encoding.UTF8.GetMaxByteCount(text.Length);
        Span<byte> bytes = length <= MaxStackBytes ? stackalloc byte[MaxStackBytes] : new byte[length];
        return matcher.Matches(bytes[..Encoding.UTF8.GetBytes(text, bytes)]);
    }
}
