using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Envoy.Extensions.Filters.Listener.TlsInspector.V3;
using Google.Protobuf.Collections;
using Tidegate.Proxy.ProxyProtocol;
using Tidegate.Proxy.Runtime.FilterChains;
using Tidegate.Rules.Values;
using ProxyProtocolProto = Envoy.Extensions.Filters.Listener.ProxyProtocol.V3.ProxyProtocol;

namespace Tidegate.Proxy.Compilation;

/// <summary>What the listener filters of a listener come to.</summary>
/// <param name="ProxyHeader">What PROXY headers connections begin with; null when they have none.</param>
/// <param name="InspectsTls">Whether connections are looked at for a ClientHello.</param>
/// <param name="InForce">The filters that are acted on.</param>
internal sealed record ListenerFilterSet(ProxyHeaderPolicy? ProxyHeader, bool InspectsTls, IReadOnlyList<ListenerFilter> InForce);

/// <summary>Compiles listener filters. Each is a unit of refusal; in the place of one that cannot be used stands its last good version, or nothing.</summary>
internal static class ListenerFilterCompiler
{
    // What a filter is, its type tells. Older Envoys, and those who wrote for them, went by the name alone.
    private static readonly Dictionary<string, string> TypesByName = new()
    {
        ["envoy.filters.listener.proxy_protocol"] = ProxyProtocolProto.Descriptor.FullName,
        ["envoy.listener.proxy_protocol"] = ProxyProtocolProto.Descriptor.FullName,
        ["envoy.filters.listener.tls_inspector"] = TlsInspector.Descriptor.FullName,
        ["envoy.listener.tls_inspector"] = TlsInspector.Descriptor.FullName,
    };

    /// <summary>Compiles the filters of a listener.</summary>
    /// <param name="filters">The filters.</param>
    /// <param name="scope">The listener.</param>
    /// <param name="before">Earlier versions of the listener; the newest first.</param>
    public static ListenerFilterSet Compile(RepeatedField<ListenerFilter> filters, CompileScope scope, IEnumerable<RuntimeListener> before)
    {
        ProxyHeaderPolicy? proxyHeader = null;
        bool inspectsTls = false;
        List<ListenerFilter> inForce = [];
        for (int i = 0; i < filters.Count; i++)
        {
            ListenerFilter filter = filters[i];
            CompileUnit unit = scope.At("listener_filters", i).BeginUnit();
            string type = TypeOf(filter, unit.Scope);

            // The header is taken off first wherever the filter stands: behind the inspector it would be taken for what that looks at.
            if (type == ProxyProtocolProto.Descriptor.FullName)
            {
                proxyHeader = CompileProxyHeader(filter, unit.Scope);
            }
            else if (type == TlsInspector.Descriptor.FullName)
            {
                inspectsTls = true;
            }
            else
            {
                unit.Scope.Refuse($"listener filter \"{filter.Name}\" is not supported yet");
                scope.At("listener_filters", i).RefuseIf(GuardRules.IsGuard(type.Length > 0 ? type : filter.Name), $"listener filter \"{filter.Name}\" keeps connections out, and none can be let in without it");
            }

            if (unit.IsRefused)
            {
                RuntimeListener? known = type == ProxyProtocolProto.Descriptor.FullName ? before.FirstOrDefault(static known => known.ProxyHeader is not null) : null;
                unit.LeaveOut(known is not null);
                proxyHeader ??= known?.ProxyHeader;
                if (known?.InForce.ListenerFilters.FirstOrDefault(static known => TypeOf(known, new CompileReport().Root) == ProxyProtocolProto.Descriptor.FullName) is { } standIn)
                {
                    inForce.Add(standIn);
                }
            }
            else
            {
                inForce.Add(filter);
            }
        }

        return new ListenerFilterSet(proxyHeader, inspectsTls, inForce);
    }

    private static string TypeOf(ListenerFilter filter, CompileScope scope) =>
        filter.TypedConfig is null ? TypesByName.GetValueOrDefault(filter.Name, string.Empty)
        : scope.Resolve(filter.TypedConfig) is { } config ? CompileScope.TypeNameOf(config)
        : string.Empty;

    private static ProxyHeaderPolicy? CompileProxyHeader(ListenerFilter filter, CompileScope scope)
    {
        var source = new ProxyProtocolProto();
        if (filter.TypedConfig is { } packed)
        {
            if (!scope.TryUnpack(packed, out ProxyProtocolProto? given))
            {
                return null;
            }

            source = given;
        }

        // What TLVs are for is metadata, which nothing reads yet.
        scope.NoteIf(source.Rules.Count > 0, "rules is not acted on");
        scope.NoteIf(source.PassThroughTlvs is not null, "pass_through_tlvs is not acted on");
        return new ProxyHeaderPolicy(
            source.AllowRequestsWithoutProxyProtocol,
            TakesVersion1: !source.DisallowedVersions.Contains(ProxyProtocolConfig.Types.Version.V1),
            TakesVersion2: !source.DisallowedVersions.Contains(ProxyProtocolConfig.Types.Version.V2));
    }
}
