using Envoy.Config.Core.V3;
using Envoy.Config.Route.V3;
using Google.Protobuf;
using Tidegate.Pilot.Resources;

namespace Tidegate.Pilot.Translation.Routes;

/// <summary><c>directResponse</c>: the gateway answers by itself (spec 4.8).</summary>
internal static class DirectResponseTranslation
{
    public static DirectResponseAction Translate(HttpDirectResponse response)
    {
        var action = new DirectResponseAction { Status = response.Status };
        if (response.Body?.Text is { } text)
        {
            action.Body = new DataSource { InlineString = text };
        }
        else if (response.Body?.Bytes is { } bytes)
        {
            action.Body = new DataSource { InlineBytes = ByteString.CopyFrom(bytes) };
        }
        return action;
    }
}
