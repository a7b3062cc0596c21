using System.Text;
using Envoy.Admin.V3;
using Tidegate.Printing;
using Tidegate.Proxy.Listeners;

namespace Tidegate.Admin;

/// <summary>Every listener with its address, as text or JSON.</summary>
internal static class ListenersPage
{
    /// <summary>Answers <c>/listeners</c>.</summary>
    public static AdminAnswer Answer(AdminContext context, IQueryCollection query)
    {
        Listeners listeners = context.Proxy.GetListeners();
        if (query["format"] == "json")
        {
            return AdminAnswer.Json(ProtoJson.Format(listeners, ProtoJsonForm.ProtoNames, 1) + "\n");
        }

        var text = new StringBuilder();
        foreach (ListenerStatus listener in listeners.ListenerStatuses)
        {
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{listener.Name}::{listener.LocalAddress.SocketAddress.Address}:{listener.LocalAddress.SocketAddress.PortValue}\n");
        }

        foreach (ListenerState listener in context.Proxy.ListenerStates.Where(static listener => listener is { IsServing: false, Problem: not null }))
        {
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{listener.Name}::(does not serve: {listener.Problem})\n");
        }

        return AdminAnswer.Text(text.ToString());
    }
}
