using Envoy.Config.Core.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Tidegate.Pilot.Resources;
using static Envoy.Config.Core.V3.HttpProtocolOptions.Types;
using static Envoy.Extensions.Filters.Network.HttpConnectionManager.V3.HttpConnectionManager.Types;

namespace Tidegate.Pilot.Translation.Listeners;

/// <summary><c>connectionSettings</c> in a connection manager (spec 2.6). What is set here counts more than what the mesh says elsewhere.</summary>
internal static class ConnectionSettingsTranslation
{
    public static void Apply(HttpConnectionManager manager, ConnectionSettings settings)
    {
        // 1. Limits of time.
        var common = manager.CommonHttpProtocolOptions ?? new HttpProtocolOptions();
        common.IdleTimeout = Durations.OfNullable(settings.IdleTimeout) ?? common.IdleTimeout;
        common.MaxConnectionDuration = Durations.OfNullable(settings.MaxConnectionDuration) ?? common.MaxConnectionDuration;
        common.MaxStreamDuration = Durations.OfNullable(settings.MaxStreamDuration) ?? common.MaxStreamDuration;
        manager.StreamIdleTimeout = Durations.OfNullable(settings.StreamIdleTimeout) ?? manager.StreamIdleTimeout;
        manager.RequestTimeout = Durations.OfNullable(settings.RequestTimeout) ?? manager.RequestTimeout;
        manager.RequestHeadersTimeout = Durations.OfNullable(settings.RequestHeadersTimeout) ?? manager.RequestHeadersTimeout;
        manager.DrainTimeout = Durations.OfNullable(settings.DrainTimeout) ?? manager.DrainTimeout;

        // 2. HTTP/2.
        if (settings.MaxConcurrentStreams is not null || settings.InitialStreamWindowSize is not null || settings.InitialConnectionWindowSize is not null)
        {
            manager.Http2ProtocolOptions = new Http2ProtocolOptions
            {
                MaxConcurrentStreams = settings.MaxConcurrentStreams,
                InitialStreamWindowSize = settings.InitialStreamWindowSize,
                InitialConnectionWindowSize = settings.InitialConnectionWindowSize,
            };
        }

        // 3. Names and paths.
        common.HeadersWithUnderscoresAction = settings.Underscores switch
        {
            UnderscoreAction.Reject => HeadersWithUnderscoresAction.RejectRequest,
            UnderscoreAction.Drop => HeadersWithUnderscoresAction.DropHeader,
            _ => HeadersWithUnderscoresAction.Allow,
        };
        manager.MergeSlashes = settings.MergeSlashes ?? manager.MergeSlashes;
        manager.PathWithEscapedSlashesAction = settings.EscapedSlashes switch
        {
            EscapedSlashAction.Keep => PathWithEscapedSlashesAction.KeepUnchanged,
            EscapedSlashAction.Reject => PathWithEscapedSlashesAction.RejectRequest,
            EscapedSlashAction.UnescapeAndRedirect => PathWithEscapedSlashesAction.UnescapeAndRedirect,
            EscapedSlashAction.UnescapeAndForward => PathWithEscapedSlashesAction.UnescapeAndForward,
            _ => manager.PathWithEscapedSlashesAction,
        };
        if (common.CalculateSize() > 0)
        {
            manager.CommonHttpProtocolOptions = common;
        }
    }
}
