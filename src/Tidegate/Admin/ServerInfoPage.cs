using Envoy.Admin.V3;
using Google.Protobuf.WellKnownTypes;
using Tidegate.Printing;
using Tidegate.Running;

namespace Tidegate.Admin;

/// <summary>What the server is, and how it is.</summary>
internal static class ServerInfoPage
{
    /// <summary>Answers <c>/server_info</c>.</summary>
    public static AdminAnswer Answer(AdminContext context)
    {
        Duration uptime = Duration.FromTimeSpan(TimeSpan.FromSeconds(Math.Floor(context.Proxy.Uptime.TotalSeconds)));
        var info = new ServerInfo
        {
            Version = $"{ProductVersion.Revision}/{ProductVersion.Text}/Clean/RELEASE/none",
            State = context.Proxy.State,
            UptimeCurrentEpoch = uptime,
            UptimeAllEpochs = uptime,
            HotRestartVersion = "disabled",
            CommandLineOptions = new CommandLineOptions { Concurrency = (uint)context.Proxy.Stats.Concurrency },
            Node = context.Proxy.Bootstrap.Node,
        };
        return AdminAnswer.Json(ProtoJson.Format(info, ProtoJsonForm.ProtoNamesWithDefaults, 1) + "\n");
    }

    /// <summary>Answers <c>/ready</c>.</summary>
    public static AdminAnswer Ready(AdminContext context)
    {
        ServerInfo.Types.State state = context.Proxy.State;
        string text = state switch
        {
            ServerInfo.Types.State.Live => "LIVE\n",
            ServerInfo.Types.State.Draining => "DRAINING\n",
            ServerInfo.Types.State.PreInitializing => "PRE_INITIALIZING\n",
            _ => "INITIALIZING\n",
        };
        return AdminAnswer.Text(state == ServerInfo.Types.State.Live ? 200 : 503, text);
    }

    /// <summary>Answers <c>/memory</c>.</summary>
    public static AdminAnswer Memory()
    {
        GCMemoryInfo collected = GC.GetGCMemoryInfo();
        var memory = new Envoy.Admin.V3.Memory
        {
            Allocated = (ulong)GC.GetTotalMemory(forceFullCollection: false),
            HeapSize = (ulong)collected.HeapSizeBytes,
            PageheapFree = (ulong)collected.FragmentedBytes,
            TotalPhysicalBytes = (ulong)Environment.WorkingSet,
        };
        return AdminAnswer.Json(ProtoJson.Format(memory, ProtoJsonForm.ProtoNamesWithDefaults, 1) + "\n");
    }
}
